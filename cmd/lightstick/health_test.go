package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/health"
)

func TestLocalTarget(t *testing.T) {
	tests := []struct {
		sets     []string
		want     string
		anyNames bool // the certificate's names don't matter
	}{
		{nil, "http://127.0.0.1:8080", false},
		{[]string{"http.listen=[::]:81"}, "http://127.0.0.1:81", false},
		{[]string{"http.listen=10.0.0.1:81"}, "http://10.0.0.1:81", false},
		{[]string{"http.tls_cert=c", "http.tls_key=k"}, "https://127.0.0.1:8080", true},
		{[]string{"http.domain=live.example.com"}, "http://127.0.0.1:8080", false},
		{[]string{"http.domain=live.example.com", "http.listen="}, "https://127.0.0.1:443", true},
		{[]string{"http.url=https://cdn.example.com"}, "http://127.0.0.1:8080", false},
		{[]string{"http.listen="}, "", false},
	}
	for _, tt := range tests {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		got, err := localTarget(&loaded.Config)
		if got.base != tt.want || (err == nil) != (tt.want != "") || (got.tls != nil) != tt.anyNames {
			t.Errorf("%v: %+v, %v; want %q", tt.sets, got, err, tt.want)
		}
	}
}

func TestHealth(t *testing.T) {
	code := http.StatusOK
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != health.ReadyPath {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(code)
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()

	health := func(sets ...string) error {
		c := healthCommand{common: common{Set: sets}, Timeout: 5 * time.Second}
		var out strings.Builder
		return c.Run(t.Context(), &out)
	}
	if err := health("http.listen=" + plain.Listener.Addr().String()); err != nil {
		t.Error(err)
	}
	// The certificate of the test server is for other names, and signed by nobody.
	if err := health("http.listen="+secure.Listener.Addr().String(), "http.tls_cert=c", "http.tls_key=k"); err != nil {
		t.Error(err)
	}
	code = http.StatusServiceUnavailable
	if err := health("http.listen=" + plain.Listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v for a server that is not ready", err)
	}
	plain.Close()
	if err := health("http.listen=" + plain.Listener.Addr().String()); err == nil {
		t.Error("no error without a server")
	}
	for _, url := range []string{"ftp://127.0.0.1", "127.0.0.1:80", "http://"} {
		c := healthCommand{URL: url, Timeout: time.Second}
		if err := c.Run(t.Context(), &strings.Builder{}); err == nil {
			t.Errorf("%q was taken for a URL", url)
		}
	}
}

// A server that accepts and never answers is not ready.
func TestHealthIsBounded(t *testing.T) {
	wait := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-wait }))
	defer silent.Close()
	defer close(wait)
	c := healthCommand{URL: silent.URL, Timeout: 100 * time.Millisecond}
	if err := c.Run(t.Context(), &strings.Builder{}); err == nil {
		t.Error("a silent server passes for ready")
	}
}
