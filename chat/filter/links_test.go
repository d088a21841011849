package filter

import (
	"strings"
	"testing"
)

func TestLink(t *testing.T) {
	allowed := NewDomains([]string{"youtube.com", "*.예시.kr", " Example.ORG. ", "", "not a name"})
	tests := []struct{ text, host string }{
		{"https://x.example", "x.example"},
		{"see example.com now", "example.com"},
		{"EXAMPLE.COM", "example.com"},
		{"(example.com)", "example.com"},
		{"see:example.com.", "example.com"},
		{"example.com,other.net", "example.com"},
		{"example dot com", "example.com"},
		{"example[.]com", "example.com"},
		{"example (dot) kr", "example.kr"},
		{"example .com", "example.com"},
		{"example . com", "example.com"},
		{"EXAMPLE。COM", "example.com"},
		{"ｅｘａｍｐｌｅ．ｃｏｍ", "example.com"},
		{"exam\u200bple.com", "example.com"},
		{"hxxp://foo.bar", "foo.bar"},
		{"discord.gg/abc", "discord.gg"},
		{"t.me/x", "t.me"},
		{"한글.한국", "xn--bj0bj06e.xn--3e0b707e"},
		{"me@gmail.com", "gmail.com"},
		{"http://1.2.3.4", "1.2.3.4"},
		{"1.2.3.4:8080/x", "1.2.3.4"},
		{"http://localhost", "localhost"},
		// What looks like an allowed domain is none.
		{"https://youtube.com@evil.com/", "evil.com"},
		{"youtube.com@evil.com", "evil.com"},
		{"youtub\u0435.com", "xn--youtub-8of.com"},
		{"youtube.com.evil.net", "youtube.com.evil.net"},
		{"notyoutube.com", "notyoutube.com"},
		{"example.с\u043em", "example.xn--m-0tbi"},
		{"youtube.com then evil.com", "evil.com"},

		{"youtube.com/watch?v=1", ""},
		{"https://www.YouTube.com:443/x", ""},
		{"예시.kr", ""},
		{"www.예시.kr/x", ""},
		{"example.org", ""},
		{"it is over.so sad", ""},
		{"hello... ok", ""},
		{"hello…com", ""},
		{"3.14", ""},
		{"v1.2.3.4", ""},
		{"1.2.3.4", ""},
		{"node.js", ""},
		{"what?no", ""},
		{"a.m.", ""},
		{"e.g. this. And that.", ""},
		{"polka dot dress", ""},
		{"and/or", ""},
		{"😀.😀", ""},
		{"10:30", ""},
		{"@mina hi", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if host, found := Link(tt.text, allowed); host != tt.host || found != (tt.host != "") {
			t.Errorf("%q: %q, want %q", tt.text, host, tt.host)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{"https://a.b@c.d:1/x?y#z", "a [dot] com", "xn--0.com", "[::1]", "http://[::1]/", "a.b . com", "한글.한국"} {
		f.Add(seed)
	}
	allowed := NewDomains([]string{"youtube.com"})
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		if host, found := Link(text, allowed); found && (host == "youtube.com" || strings.HasSuffix(host, ".youtube.com")) {
			t.Fatalf("%q: %s is allowed", text, host)
		}
	})
}
