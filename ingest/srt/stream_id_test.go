package srt

import (
	"errors"
	"strings"
	"testing"
)

func TestParseStreamID(t *testing.T) {
	tests := []struct {
		in    string
		want  call
		fails bool
	}{
		{"publish:abc", call{key: "abc"}, false},
		{"publish:live/abc", call{key: "abc"}, false},
		{"#!::m=publish,r=abc", call{key: "abc"}, false},
		{"#!::r=live/abc,m=publish,u=bob", call{key: "abc"}, false},
		{"abc", call{key: "abc"}, false},
		{"publish:쇼", call{key: "쇼"}, false},
		{"publish:abc?program=7", call{"abc", 7}, false},
		{"publish:abc%3Fprogram%3D7", call{"abc", 7}, false},
		{"abc?latency=200&program=65535", call{"abc", 65535}, false},
		{"#!::m=publish,r=abc,program=7", call{"abc", 7}, false},
		{"publish:abc?program=", call{key: "abc"}, false},
		{"publish:abc?program=0", call{}, true},
		{"publish:abc?program=65536", call{}, true},
		{"publish:abc?program=-1", call{}, true},
		{"#!::m=publish,r=abc,program=news", call{}, true},
		{"publish:?program=7", call{}, true},
		{"", call{}, true},
		{"publish:", call{}, true},
		{"read:abc", call{}, true},
		{"#!::r=abc", call{}, true}, // no mode means request: a player
		{"#!::m=publish", call{}, true},
		{strings.Repeat("x", 513), call{}, true},
	}
	for _, tt := range tests {
		got, err := parseStreamID(tt.in)
		if got != tt.want || (err != nil) != tt.fails || (err != nil && !errors.Is(err, ErrStreamID)) {
			t.Errorf("parseStreamID(%q) = %+v, %v", tt.in, got, err)
		}
	}
}

func FuzzParseStreamID(f *testing.F) {
	f.Add("publish:abc")
	f.Add("#!::m=publish,r=abc")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := parseStreamID(s); err == nil && c.key == "" {
			t.Error("an empty key was accepted")
		}
	})
}
