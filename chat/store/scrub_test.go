package store

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestScrub(t *testing.T) {
	tests := []struct{ name, in, out string }{ // out "": unchanged; "gone": nothing is left
		{"nothing of theirs", `{"id":"1","user":{"id":"jun","name":"Jun"},"text":"mina"}`, ""},
		{"theirs", `{"id":"1","user":{"id":"mina","name":"Mina"},"text":"x"}`, "gone"},
		{"pinned", `{"slow":12345678901234567890,"pinned":{"user":{"id":"mina"}}}`, `{"slow":12345678901234567890}`},
		{"by", `{"by":{"id":"mina","name":"Mina","role":"host","color":"#fff"}}`, `{"by":{"color":"","id":"","name":"","role":"host"}}`},
		{"quote", `{"reply":{"id":"1","user":"mina","name":"Mina","text":"x"}}`, `{"reply":{"id":"1","name":"","text":"","user":""}}`},
		{"mentions", `{"mentions":["jun","mina"],"lists":[["mina"],[1]]}`, `{"lists":[[],[1]],"mentions":["jun"]}`},
		{"ID as a member", `{"votes":{"mina":1,"jun":2}}`, `{"votes":{"jun":2}}`},
		{"ID as a value", `{"target":"mina","seconds":5}`, `{"seconds":5}`},
		{"what only looks like it", `{"role":"mina","type":"mina","text":"mina","name":"mina","id":"mina0"}`, ""},
		{"scalar", `"mina"`, "gone"},
	}
	for _, tt := range tests {
		out, found, err := scrub([]byte(tt.in), is("mina"))
		got := string(out)
		switch {
		case err == nil && !found && got == tt.in:
			got = ""
		case out == nil:
			got = "gone"
		}
		if err != nil || got != tt.out {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.out)
		}
	}
	if _, _, err := scrub([]byte("{"), is("mina")); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

func FuzzScrub(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","user":{"id":"mina","name":"Mina"},"text":"x"}`, `{"type":"room","pinned":{"user":{"id":"mina"}},"slow":12345678901234567890}`,
		`{"reply":{"id":"1","user":"mina","name":"Mina","text":"x"},"mentions":["mina","jun"]}`, `{"mina":1,"a":[["mina"],{"by":{"id":"mina","name":"x"}}]}`,
		`"mina"`, `null`, `{`, `{"role":"mina"}`, `[[[["mina"]]]]`, `{"user":"mina","user":{"id":"mina"}}`, `1e999`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, found, err := scrub(data, is("mina"))
		if err != nil || !found || out == nil {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q", data, out)
		}
		if again, found, err := scrub(out, is("mina")); err != nil || found {
			t.Fatalf("%q became %q, then %q, %v", data, out, again, err)
		}
	})
}
