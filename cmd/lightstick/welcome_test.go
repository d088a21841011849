package main

import (
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/config"
)

// The start says who may write in the chat, and how others get in.
func TestChatNote(t *testing.T) {
	tests := []struct {
		sets []string
		want []string
	}{
		{nil, []string{"everybody may write", "chat.guests=write", "chat account add"}},
		{[]string{"chat.guests=read"}, []string{"guests read", "chat account add"}},
		{[]string{"chat.guests=off"}, []string{"open to those who have signed in", "chat account add"}},
		{[]string{"chat.guests=read", "chat.token_key=" + strings.Repeat("k", 32)}, []string{"guests read", "your site signs others in"}},
	}
	for _, tt := range tests {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		(&server{cfg: &loaded.Config}).welcome(&out, "", "")
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q: the start doesn't say %q:\n%s", tt.sets, want, out.String())
			}
		}
	}
}
