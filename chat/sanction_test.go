package chat

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/message"
)

// TestBanned is somebody who comes back: they get neither the messages nor the reactions.
func TestBanned(t *testing.T) {
	_, url := serve(t, nil)
	host, mina := chattest.Enter(t, url, chattest.Object{"token": "host/Jin"}, "show"), chattest.Join(t, url, "Mina", "show")
	act := chattest.Object{"room": "show", "act": "ban", "user": mina.Hello.User.ID}
	if r := host.Ask("rpc", chattest.Object{"method": "act", "data": act}); r.Error != nil {
		t.Fatalf("%+v", r.Error)
	}
	if code := mina.End(); code != int(disconnectBanned.Code) {
		t.Errorf("ended with %d", code)
	}
	again := chattest.Join(t, url, "Mina", "another")
	for _, channel := range []string{"chat:show", "react:show"} {
		if r := again.Ask("subscribe", chattest.Object{"channel": channel}); r.Code() != int(message.CodeBanned) {
			t.Errorf("%s: %+v", channel, r.Error)
		}
	}
}

// TestShadow is somebody who must not notice that nobody reads them.
func TestShadow(t *testing.T) {
	_, url := serve(t, nil)
	host := chattest.Enter(t, url, chattest.Object{"token": "host/Jin"}, "show")
	mina, other := chattest.Join(t, url, "Mina", "show"), chattest.Join(t, url, "Yuna", "show")
	act := chattest.Object{"room": "show", "act": "shadow", "user": mina.Hello.User.ID}
	if r := host.Ask("rpc", chattest.Object{"method": "act", "data": act}); r.Error != nil {
		t.Fatalf("%+v", r.Error)
	}
	if code := mina.Say("show", chattest.Object{"text": "spam"}); code != 0 {
		t.Errorf("refused with %d", code)
	}
	if m, raw := mina.Hear(); m.Text != "spam" {
		t.Errorf("they heard %s", raw)
	}
	if code := other.Say("show", chattest.Object{"text": "hello"}); code != 0 {
		t.Fatal(code)
	}
	for _, c := range []*chattest.Client{host, mina, other} {
		if m, raw := c.Hear(); m.Text != "hello" {
			t.Errorf("heard %s", raw)
		}
	}
	if h := mina.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50}).History; h == nil || len(h.Publications) != 1 {
		t.Errorf("history: %+v", h)
	}
}

// A quiet room is let go, but not while its history holds what was taken away.
func TestSweep(t *testing.T) {
	s, url := serve(t, nil)
	c := chattest.Join(t, url, "Mina", "show")
	if code := c.Say("show", chattest.Object{"text": "badly said"}); code != 0 {
		t.Fatal(code)
	}
	m, _ := c.Hear()
	if _, err := s.rooms.get("other"); err != nil {
		t.Fatal(err)
	}
	if err := s.rooms.find("show").announce(message.Delete{Type: message.TypeDelete, IDs: []string{m.ID}}, message.User{}); err != nil {
		t.Fatal(err)
	}
	c.Close()
	for begun := time.Now(); s.node.Hub().NumSubscribers("chat:show") > 0 && time.Since(begun) < chattest.Patience; {
		runtime.Gosched()
	}
	s.rooms.sweep(time.Now().Add(2 * quiet))
	if s.rooms.find("other") != nil {
		t.Error("a quiet room is kept")
	}
	again := chattest.Join(t, url, "Yuna", "show")
	for _, p := range again.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50}).History.Publications {
		if strings.Contains(string(p.Data), "badly said") {
			t.Errorf("what was taken away is read again: %s", p.Data)
		}
	}
}
