//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
)

// TestChat is the chat of a real server: two write, one comes back after a lost
// connection, and the server leaves them politely.
func TestChat(t *testing.T) {
	t.Parallel()
	s := start(t, "chat.guests=write", "chat.rate_limit=off")
	url := "http://" + s.http
	mina, yuna := chattest.Join(t, url, "Mina", "show"), chattest.Join(t, url, "유나", "show")
	at := time.Now().Add(-4 * time.Second).UnixMilli()
	if code := mina.Say("show", chattest.Object{"text": "hello", "at": at}); code != 0 {
		t.Fatalf("refused with %d", code)
	}
	for _, c := range []*chattest.Client{mina, yuna} {
		if m, raw := c.Hear(); m.Text != "hello" || m.At != at || m.User.Name != "Mina" || m.Sent < at {
			t.Errorf("%s", raw)
		}
	}
	yuna.Close()
	for i := range 30 {
		if code := mina.Say("show", chattest.Object{"text": fmt.Sprint(i)}); code != 0 {
			t.Fatal(code)
		}
	}
	back := chattest.Join(t, url, "유나", "show")
	if history := back.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50, "reverse": true}).History; history == nil || len(history.Publications) != 31 {
		t.Errorf("history: %+v", history)
	}
	response, err := http.Get(url + "/connection/websocket")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("without an upgrade: %s", response.Status)
	}
	s.stop(t)
	if code := back.End(); code < 3000 || code >= 3500 && code < 4000 || code >= 4500 {
		t.Errorf("the server left with %d: clients don't come back after that", code)
	}
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("errors were logged")
	}
}

// TestChatByREST moderates and writes by the API of a server that is a chat alone.
func TestChatByREST(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.args = []string{"serve", "--role", "chat", "--data", s.data, "--set", "admin.listen=", "--set", "http.listen=" + s.http, "--set", "chat.guests=write", "--set", "api.token=" + apiToken}
	s.run(t)
	t.Cleanup(func() { s.stop(t) })
	url := "http://" + s.http
	mina := chattest.Join(t, url, "Mina", "show")
	api := func(method, path, body string, status int) string {
		t.Helper()
		code, answer := s.request(t, method, "/chat"+path, body)
		if code != status {
			t.Errorf("%s %s: %d %s", method, path, code, answer)
		}
		return string(answer)
	}
	api("POST", "/show/messages", `{"text": "from a bot", "user": {"id": "clock", "name": "Clock"}}`, 201)
	if m, _ := mina.Hear(); m.User.ID != "bot-clock" || !m.User.Bot {
		t.Errorf("%+v", m)
	}
	if code := mina.Say("show", chattest.Object{"text": "badly said"}); code != 0 {
		t.Fatal(code)
	}
	m, _ := mina.Hear()
	api("POST", "/show/acts", `{"act": "delete", "message": "`+m.ID+`", "reason": "rude"}`, 200)
	if p := mina.Next(); !strings.Contains(string(p.Data), `"type":"delete"`) {
		t.Errorf("%s", p.Data)
	}
	api("POST", "/show/acts", `{"act": "rubbish"}`, 400)
	api("POST", "/show/acts", `{"act": "slow", "seconds": 30}`, 200)
	if room := api("GET", "/show", "", 200); !strings.Contains(room, `"viewers":1`) || !strings.Contains(room, `"slow":30`) {
		t.Error(room)
	}
	api("POST", "/show/acts", `{"act": "ban", "user": "`+mina.Hello.User.ID+`", "reason": "enough"}`, 200)
	if code := mina.End(); code != 4501 {
		t.Errorf("banned with %d", code)
	}
	eventually(t, "the messages are kept", func() bool {
		return !strings.Contains(api("GET", "/show/messages", "", 200), "badly said") && strings.Contains(api("GET", "/show/messages?all=true", "", 200), "badly said")
	})
	if audit := api("GET", "/show/audit", "", 200); strings.Count(audit, `"act":`) < 4 || !strings.Contains(audit, "enough") {
		t.Error(audit)
	}
	if sanctions := api("GET", "/sanctions", "", 200); !strings.Contains(sanctions, mina.Hello.User.ID) {
		t.Error(sanctions)
	}
	api("DELETE", "/users/"+mina.Hello.User.ID, "", 200)
	if export := api("GET", "/show/export", "", 200); strings.Contains(export, "badly said") || !strings.Contains(export, "from a bot") {
		t.Error(export)
	}
}

// TestChatThroughEdges joins by the WebSocket through each cache that can run here; a
// ban of an address means the client's, not the cache's.
func TestChatThroughEdges(t *testing.T) {
	t.Parallel()
	s := start(t, "chat.guests=write", "chat.rate_limit=off", "api.token="+apiToken, "http.trusted_proxies=loopback")
	direct := chattest.Join(t, "http://"+s.http, "Direct", "show")
	for _, product := range []string{"nginx", "varnish", "haproxy"} {
		t.Run(product, func(t *testing.T) {
			edge := startEdge(t, product, s.http)
			c := chattest.Join(t, "http://"+edge.addr, "Mina", "show")
			if code := c.Say("show", chattest.Object{"text": "through " + product}); code != 0 {
				t.Fatal(code)
			}
			for _, c := range []*chattest.Client{c, direct} {
				if m, _ := c.Hear(); m.Text != "through "+product {
					t.Errorf("%+v", m)
				}
			}
			if status, _ := s.request(t, "GET", "/chat/show", ""); status != http.StatusOK {
				t.Error(status)
			}
		})
	}
}
