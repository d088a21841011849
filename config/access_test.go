package config

import (
	"strings"
	"testing"
)

func TestBadAccess(t *testing.T) {
	secret := strings.Repeat("s3cret-", 4)
	for _, tt := range []struct {
		sets []string
		want string // in the error
	}{
		{[]string{"http.trusted_proxies=10.0.0.0/8,127.0.0.1"}, `"10.0.0.0/8,127.0.0.1" is not a network`},
		{[]string{"http.trusted_proxies=cloudfront"}, "use 203.0.113.0/24"},
		{[]string{"http.trusted_proxies=0.0.0.0/0"}, "every address"},
		{[]string{"http.trusted_proxies=::ffff:0.0.0.0/90"}, "every address"},
		{[]string{"http.trusted_proxies=fe80::1%eth0"}, "is not a network"},
		{[]string{"http.trusted_proxies=" + strings.Repeat("10.0.0.1 ", 3000)}, "use at most"},
		{[]string{"http.client_header=X Forwarded"}, "http.client_header"},
		{[]string{"http.client_header=Cookie"}, "http.client_header"},
		{[]string{"http.client_header="}, "http.client_header"},
		{[]string{"http.client_header=x-origin-secret"}, "http.client_header"},
		{[]string{"http.proxy_protocol=true"}, "in http.trusted_proxies"},
		{[]string{"http.proxy_protocol=true", "http.trusted_proxies=private", "http.listen="}, "http.listen, which is off"},
		{[]string{"cdn.secret=short"}, "openssl rand"},
		{[]string{"cdn.secret=" + strings.Repeat("x", 257)}, "16 to 256"},
		{[]string{"cdn.secret=" + secret + "ä"}, "visible ASCII"},
		{[]string{"cdn.secret=" + secret + " " + secret}, "the same"},
		{[]string{"cdn.secret=" + secret + "1 " + secret + "2 " + secret + "3"}, "3 secrets"},
		{[]string{"cdn.secret_header=Range"}, "cdn.secret_header"},
		{[]string{"cdn.secret_header=X-Origin-Secret:"}, "cdn.secret_header"},
		{[]string{"cdn.secret_header=" + strings.Repeat("x", 65)}, "cdn.secret_header"},
		{[]string{"cdn.loop_id=light stick"}, "cdn.loop_id"},
		{[]string{"cdn.loop_id=a,b"}, "cdn.loop_id"},
	} {
		_, err := Load("", nil, tt.sets)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.80q: %v", tt.sets, err)
		}
	}
	l, err := Load("", nil, []string{"cdn.secret=" + secret + "1  " + secret + "2"})
	if err != nil || len(l.CDN.Secrets) != 2 {
		t.Fatalf("%v", err)
	}
	for _, e := range l.Entries() {
		if strings.Contains(e.Value, "s3cret") {
			t.Errorf("%s is shown", e.Key)
		}
	}
}

// A secret that can be guessed is refused, whatever it is for, and never shown.
func TestSecretsAreLong(t *testing.T) {
	for _, key := range []string{"api.token", "cdn.secret", "cost.webhook_secret", "chat.webhook_secret"} {
		for value, ok := range map[string]bool{
			"": true, "abc": false, "fifteen-letters": false, "sixteen--letters": true, strings.Repeat("x", 256): true, strings.Repeat("x", 257): false,
			"a-space-at-the-end ": key == "cdn.secret", "letters of many words": false, "größer-als-sechzehn": false, "a-line-break-in-it\n": key == "cdn.secret",
		} {
			_, err := Load("", nil, []string{"cost.webhook=https://h", "chat.webhook=https://h", key + "=" + value})
			if (err == nil) != ok {
				t.Errorf("%s of %d characters: %v", key, len(value), err)
			}
			if err != nil && (!strings.Contains(err.Error(), key+": use 16 to 256") && key != "cdn.secret" || value != "" && strings.Contains(err.Error(), value)) {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}
