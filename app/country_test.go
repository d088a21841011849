package app

import (
	"net/http/httptest"
	"testing"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
)

func TestViewerCountry(t *testing.T) {
	const header, proxies, secret = "playback.country_header=x-country", "http.trusted_proxies=10.0.0.0/8", "cdn.secret=" + shieldSecret
	for _, tt := range []struct {
		name, from, value, want string
		sets                    []string
	}{
		{"a stranger says so", "203.0.113.5:1", "KP", "", []string{header, proxies}},
		{"a proxy says so", "10.0.0.1:1", "kr", "KR", []string{header, proxies}},
		{"only the CDN comes here", "203.0.113.5:1", "KR", "KR", []string{header, secret}},
		{"no country", "10.0.0.1:1", "KR; DROP", "", []string{header, proxies}},
		{"no header is named", "10.0.0.1:1", "KR", "", []string{proxies}},
	} {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		access := newAccess(&loaded.Config)
		r := httptest.NewRequest("POST", "/cmcd", nil)
		r = r.WithContext(httpserver.WithProxies(t.Context(), access.proxies))
		r.RemoteAddr = tt.from
		r.Header.Set("X-Country", tt.value)
		if got := viewerCountry(&loaded.Config)(r); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
