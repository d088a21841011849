package chat

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
)

// contents takes what logs are given.
type contents []message.Content

func (c *contents) Add(_ string, _ []byte, content message.Content, _ time.Time) {
	*c = append(*c, content)
}
func (c *contents) Rooms() []string { return nil }

// TestOwnMessagesAreNotDecoded writes a message and looks at what comes back from the
// broker: its text is the same memory as the author's, so that nobody has decoded it.
func TestOwnMessagesAreNotDecoded(t *testing.T) {
	var seen contents
	s, _ := serve(t, func(cfg *Config) { cfg.ReplayLogs = &seen })
	m, err := s.Say(t.Context(), "show", Author{User: message.User{ID: "u", Name: "U", Role: message.Host}}, []byte(`{"text":"hello"}`))
	if err != nil {
		t.Fatal(err)
	}
	room := s.rooms.find("show")
	kept, found := room.find(m.ID)
	if !found || len(seen) != 1 || seen[0].Message == nil {
		t.Fatalf("kept %v, seen %+v", found, seen)
	}
	for where, text := range map[string]string{"room": kept.Text, "replayLogs": seen[0].Message.Text} {
		if text != "hello" || unsafe.StringData(text) != unsafe.StringData(m.Text) {
			t.Errorf("%s: %q was decoded", where, text)
		}
	}
	if len(room.expected) != 0 {
		t.Errorf("the room still expects %v", room.expected)
	}
}

// TestContentOf publishes what can't be decoded: as this process's own it is known, as
// another's it is not.
func TestContentOf(t *testing.T) {
	s, _ := serve(t, nil)
	room, err := s.rooms.get("show")
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("not JSON")
	publish := func(key string) {
		t.Helper()
		if _, err := room.publish(message.Content{Message: &message.Message{ID: "a", Text: "own"}}, data, key); err != nil {
			t.Fatal(err)
		}
	}
	publish("key")
	if m, found := room.find("a"); !found || m.Text != "own" {
		t.Errorf("got %+v, %v", m, found)
	}
	publish("key") // is suppressed, and does not come back
	room.observe(&centrifuge.Publication{Data: data}, false)
	room.observe(&centrifuge.Publication{Data: []byte(`{"id":"b","text":"other"}`)}, false)
	if m, found := room.find("b"); !found || m.Text != "other" {
		t.Errorf("got %+v, %v", m, found)
	}
	if n := len(room.ring.messages); n != 2 {
		t.Errorf("the room has %d messages", n)
	}
	for n := range 3 * maxExpected { // which are lost on the way
		room.expect(message.Content{}, fmt.Append(nil, n))
	}
	if n := len(room.expected); n > maxExpected {
		t.Errorf("the room expects %d publications", n)
	}
}

// TestRedactDoesNotDecode takes a message away: the history that readers get afterwards is
// compared by value, and what quotes the message stays in the room as it was.
func TestRedactDoesNotDecode(t *testing.T) {
	s, _ := serve(t, nil)
	room, err := s.rooms.get("show")
	if err != nil {
		t.Fatal(err)
	}
	quote := &message.Quote{ID: "a", Text: "spoiler"}
	for _, m := range []message.Message{{ID: "a", Text: "spoiler", Sent: 7}, {ID: "b", Reply: quote}, {ID: "c"}} {
		if _, err := room.publish(message.Content{Message: &m}, fmt.Appendf(nil, "not JSON: %s", m.ID), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := room.announce(message.Delete{Type: message.TypeDelete, IDs: []string{"a"}}, message.User{}); err != nil {
		t.Fatal(err)
	}
	past, err := s.node.History(room.channel(), centrifuge.WithHistoryFilter(centrifuge.HistoryFilter{Limit: centrifuge.NoLimit}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"type":"delete","ids":["a"],"sent":7}`,
		`{"id":"b","text":"","at":0,"user":{"id":"","name":"","role":""},"sent":0,"reply":{"id":"a","user":"","name":"","text":""}}`,
		"not JSON: c", `{"type":"delete","ids":["a"],"sent":0}`,
	}
	for i, pub := range past.Publications {
		if i >= len(want) || string(pub.Data) != want[i] {
			t.Errorf("publication %d: %s", i, pub.Data)
		}
	}
	if m, _ := room.find("b"); len(past.Publications) != len(want) || m.Reply != quote || quote.Text != "spoiler" {
		t.Errorf("%d publications; the room has %+v", len(past.Publications), m)
	}
}
