package srt

import (
	"errors"
	"strings"
	"testing"
)

func TestParseStreamID(t *testing.T) {
	tests := []struct {
		in, key string
		fails   bool
	}{
		{"publish:abc", "abc", false},
		{"publish:live/abc", "abc", false},
		{"#!::m=publish,r=abc", "abc", false},
		{"#!::r=live/abc,m=publish,u=bob", "abc", false},
		{"abc", "abc", false},
		{"publish:쇼", "쇼", false},
		{"", "", true},
		{"publish:", "", true},
		{"read:abc", "", true},
		{"#!::r=abc", "", true}, // no mode means request: a player
		{"#!::m=publish", "", true},
		{strings.Repeat("x", 513), "", true},
	}
	for _, tt := range tests {
		key, err := parseStreamID(tt.in)
		if key != tt.key || (err != nil) != tt.fails || (err != nil && !errors.Is(err, ErrStreamID)) {
			t.Errorf("parseStreamID(%q) = %q, %v", tt.in, key, err)
		}
	}
}

func FuzzParseStreamID(f *testing.F) {
	f.Add("publish:abc")
	f.Add("#!::m=publish,r=abc")
	f.Fuzz(func(t *testing.T, s string) {
		if key, err := parseStreamID(s); err == nil && key == "" {
			t.Error("an empty key was accepted")
		}
	})
}
