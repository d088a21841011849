package config

import (
	"strings"
	"testing"
)

func TestPlayback(t *testing.T) {
	const (
		secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
		public = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" // RFC 8032 §7.1, test 1
	)
	tests := []struct {
		name string
		sets []string
		want string // of the error; "": none
	}{
		{"keys", []string{"playback.keys=site=HS256:" + secret + " other=EdDSA:" + public, "playback.signing_key=site"}, ""},
		{"mode", []string{"playback.auth=on"}, "use off, token or edge"},
		{"not a key", []string{"playback.keys=site=HS256:" + secret[:20]}, "playback.keys: site: invalid key: an HS256 key has at least 32 bytes"},
		{"no algorithm", []string{"playback.keys=site=" + secret}, "playback.keys: site: invalid key"},
		{"signing with nothing", []string{"playback.signing_key=site"}, `"site" is not one of playback.keys`},
		{"signing with a public key", []string{"playback.keys=site=EdDSA:" + public, "playback.signing_key=site"}, "can only verify"},
		{"header", []string{"playback.country_header=a b"}, "use the CDN's own header"},
		{"country from anybody", []string{"playback.country_header=CF-IPCountry"}, "set cdn.secret or http.trusted_proxies"},
		{"country from the CDN", []string{"playback.country_header=CF-IPCountry", "http.trusted_proxies=private"}, ""},
		{"edge without a secret", []string{"playback.auth=edge"}, "set cdn.secret"},
		{"edge", []string{"playback.auth=edge", "cdn.secret=0123456789abcdef0123456789abcdef"}, ""},
		{"redis", []string{"redis.url=http://u:hush@h"}, "redis.url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := Load("", nil, tt.sets)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range l.Entries() {
					if strings.Contains(e.Value, secret[:10]) {
						t.Errorf("%s shows a key", e.Key)
					}
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v does not say %q", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret[:10]) || strings.Contains(err.Error(), "hush")) {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
	file := write(t, "playback:\n  auth: token\n  keys:\n    site: HS256:"+secret+"\n")
	l, err := Load(file, nil, nil)
	if err != nil || len(l.Playback.Keys) != 1 {
		t.Errorf("from YAML: %v", err)
	}
}
