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

// TestChat is the chat of a real server, by itself and inside the one process: two
// write, one comes back after a lost connection, and the server leaves them politely.
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
	if response.StatusCode != http.StatusBadRequest {
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
