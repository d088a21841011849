package httpserver

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Nobody is led to another name than ours, whatever was asked for.
func TestRedirectToHTTPS(t *testing.T) {
	for target, want := range map[string]string{
		"/watch/a?b=c":             "https://live.example.com/watch/a?b=c",
		"//evil.example/x":         "https://live.example.com//evil.example/x",
		"http://evil.example/a/%2": "",
		"http://evil.example/a":    "https://live.example.com/a",
		"x:.evil.example/":         "https://live.example.com/",
		"x:@evil.example/":         "https://live.example.com/",
		"/a%2fb":                   "https://live.example.com/a%2fb",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: evil.example\r\n\r\n")))
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", target, err)
			}
			continue
		}
		w := httptest.NewRecorder()
		RedirectToHTTPS("live.example.com").ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != want || w.Code != http.StatusMovedPermanently {
			t.Errorf("%s: %d to %q, want %q", target, w.Code, got, want)
		}
	}
}
