package httpserver

import (
	"net/http"
	"strings"
)

// Country is the two letters (ISO 3166-1) that a CDN or proxy put into the header
// named, in upper case; "" without a name, a header, or two letters in it. The name
// must be in canonical form.
func Country(h http.Header, name string) string {
	if name == "" {
		return ""
	}
	values := h[name]
	if len(values) != 1 || len(values[0]) != 2 {
		return ""
	}
	a, b := upper(values[0][0]), upper(values[0][1])
	if a == 0 || b == 0 {
		return ""
	}
	return string([]byte{a, b})
}

// TrustedCountry is Country for the header of a name, written anyhow, in requests of those
// who are believed: trusted proxies, and everybody where only the CDN gets through, since the
// others lack its secret.
func TrustedCountry(name string, throughCDN bool) func(*http.Request) string {
	name = http.CanonicalHeaderKey(strings.TrimSpace(name))
	return func(r *http.Request) string {
		if name == "" || !throughCDN && !FromProxy(r) {
			return ""
		}
		return Country(r.Header, name)
	}
}

// upper is a letter in upper case, or 0.
func upper(c byte) byte {
	if c &^= 0x20; c >= 'A' && c <= 'Z' {
		return c
	}
	return 0
}
