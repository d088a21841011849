package store

import (
	"encoding/json"
	"testing"
)

func TestScrubOutside(t *testing.T) {
	for _, tt := range []struct{ item, want string }{
		{`{"id":"1","text":"hi","user":{"id":"mina","name":"Mina","role":"member"}}`, ""},
		{`{"id":"2","text":"hi","user":{"id":"yuna","name":"Yuna","role":"member"}}`, `{"id":"2","text":"hi","user":{"id":"yuna","name":"Yuna","role":"member"}}`},
		{`{"id":"3","mentions":["mina","jin"],"reply":{"id":"1","name":"Mina","text":"hi","user":"mina"},"user":{"id":"jin"}}`,
			`{"id":"3","mentions":["jin"],"reply":{"id":"1","name":"","text":"","user":""},"user":{"id":"jin"}}`},
		{`{"sent":5,"type":"delete","user":"mina"}`, `{"sent":5,"type":"delete","user":""}`},
		{`{"id":`, ""},
	} {
		of := func(user string) string { return "erased:" + user }
		if got, kept := ScrubAs(json.RawMessage(tt.item), "erased:mina", of); string(got) != tt.want && kept || kept != (tt.want != "") {
			t.Errorf("of %s is left %s, %v", tt.item, got, kept)
		}
	}
}
