package chat

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestRedact(t *testing.T) {
	var r ring
	r.add(message.Message{ID: "a", Text: "spoiler"}, nil)
	r.remove(message.Delete{IDs: []string{"a"}})
	for data, want := range map[string]string{
		`{"id":"a","text":"spoiler","sent":7}`:                                              `{"type":"delete","ids":["a"],"sent":7}`,
		`{"id":"b","text":"so?","reply":{"id":"a","user":"u","name":"U","text":"spoiler"}}`: `{"id":"b","text":"so?","at":0,"user":{"id":"","name":"","role":""},"sent":0,"reply":{"id":"a","user":"u","name":"U","text":""}}`,
		`{"id":"c","text":"hi"}`:                                                            "",
		`{"type":"wave"}`:                                                                   "",
		`[`:                                                                                 "",
	} {
		if got := string(r.redact([]byte(data), r.known())); got != want {
			t.Errorf("%s: got %s, want %s", data, got, want)
		}
	}
}

func TestRing(t *testing.T) {
	var r ring
	if size := unsafe.Sizeof(Room{}); size > 512 {
		t.Errorf("an empty room takes %d bytes, and 20,000 may be open", size)
	}
	for i := range ringSize + 50 {
		id := fmt.Sprint(i)
		r.add(message.Message{ID: id, User: message.User{ID: id, Name: "Fan " + id}}, nil)
		if i == 20 {
			r.remove(message.Delete{IDs: []string{"20"}})
		}
		if newest := r.authors("fan", 2); newest[0].ID != id || i > 0 && newest[1].ID != fmt.Sprint(i-1) {
			t.Fatalf("after %d: %v", i, newest)
		}
	}
	if all := r.authors("", 2*ringSize); len(all) != ringSize || all[ringSize-1].ID != "50" {
		t.Errorf("%d, the oldest is %v", len(all), all[len(all)-1])
	}
	if _, there := r.find("49"); there || len(r.deleted) != 0 {
		t.Error("what is too old is remembered")
	}
}
