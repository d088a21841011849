package chat

import (
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestRedact(t *testing.T) {
	var r ring
	r.add(message.Message{ID: "a", Text: "spoiler"})
	r.remove(message.Delete{IDs: []string{"a"}})
	for data, want := range map[string]string{
		`{"id":"a","text":"spoiler","sent":7}`:                                              `{"type":"delete","ids":["a"],"sent":7}`,
		`{"id":"b","text":"so?","reply":{"id":"a","user":"u","name":"U","text":"spoiler"}}`: `{"id":"b","text":"so?","at":0,"user":{"id":"","name":"","role":""},"sent":0,"reply":{"id":"a","user":"u","name":"U","text":""}}`,
		`{"id":"c","text":"hi"}`:                                                            "",
		`{"type":"wave"}`:                                                                   "",
		`[`:                                                                                 "",
	} {
		if got := string(r.redact([]byte(data))); got != want {
			t.Errorf("%s: got %s, want %s", data, got, want)
		}
	}
}
