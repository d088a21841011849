package redis

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text  string
		hosts string // of the first, separated by commas
		check func(Server) bool
	}{
		{"redis://h", "h:6379", nil},
		{"redis://user:pa%40ss@h:1/3", "h:1", func(s Server) bool {
			return s.Options.Username == "user" && s.Options.Password == "pa@ss" && s.Options.SelectDB == 3 && s.Options.TLSConfig == nil
		}},
		{"redis://:pass@[::1]:7000", "[::1]:7000", func(s Server) bool { return s.Options.Password == "pass" }},
		{"rediss://h:1", "h:1", func(s Server) bool { return s.Options.TLSConfig != nil }},
		{"unix:///run/redis.sock?db=2", "/run/redis.sock", func(s Server) bool { return s.Socket && s.Options.SelectDB == 2 }},
		{"redis://h1:1,h2:2,h3?cluster=true", "h1:1,h2:2,h3:6379", func(s Server) bool { return s.Cluster }},
		{"redis://h1:1?cluster=true", "h1:1", func(s Server) bool { return s.Cluster }},
		{"redis://u:p@s1:26379,s2:26379/1?master=show&sentinel_user=a&sentinel_password=b", "s1:26379,s2:26379", func(s Server) bool {
			o := s.Options
			return o.Sentinel.MasterSet == "show" && o.Sentinel.Username == "a" && o.Sentinel.Password == "b" && o.Username == "u" && o.SelectDB == 1
		}},
		{"rediss://s1:1?master=show", "s1:1", func(s Server) bool { return s.Options.Sentinel.TLSConfig != nil }},
		{"redis://h1:1 redis://h2:1", "h1:1", nil},
	} {
		servers, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if len(servers) != len(strings.Fields(tt.text)) || servers[0].Name() != tt.hosts || tt.check != nil && !tt.check(servers[0]) {
			t.Errorf("%s: %+v", tt.text, servers[0])
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "h:1", "http://h", "redis://", "redis://:1", "redis://h:0", "redis://h:99999", "redis://h:", "redis://h/x", "redis://h/-1", "redis://h:x",
		"redis://h1,h2", "redis://h?cluster=maybe", "redis://h?master=", "redis://h?nothing=1", "redis://h/1?cluster=true",
		"redis://h?cluster=true&master=x", "unix://", "unix://h/path", "unix:///p?master=x", "redis://h#x", "redis://h?db=1",
		"redis://secret@a b:1", "redis://user:secret@h,:1?cluster=1", "redis://h,?cluster=1", "redis://u:secret@[x",
		"redis://" + strings.Repeat("h,", 100) + "h?cluster=1",
	} {
		if servers, err := Parse(text); err == nil {
			t.Errorf("%q: %+v", text, servers)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q shows a secret: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"redis://user:pass@h:1/3", "redis://h1:1,h2:2?cluster=true", "redis://s1:26379?master=m", "unix:///a?db=1", "rediss://[::1]:1 redis://h", "redis://%zz@h", "redis://a,b,c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		servers, err := Parse(text)
		if err != nil {
			return
		}
		for _, s := range servers {
			if len(s.Options.InitAddress) == 0 || slices.Contains(s.Options.InitAddress, "") {
				t.Errorf("%q: no address", text)
			}
		}
	})
}
