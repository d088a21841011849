package playbackauth

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/globalfandom/lightstick/cdn/session"
	"github.com/globalfandom/lightstick/cdn/token"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkGate is what a verdict costs before the origin does anything.
func BenchmarkGate(b *testing.B) {
	h := newHouse(b, nil)
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	const media = "/live/show/pub/720p/7.2.m4s"
	plain := h.sign(token.Claims{})
	strict := h.sign(token.Claims{IP: "203.0.113.0/24", Session: "t", Screens: 2})
	for _, bb := range []struct {
		name, path, bearer string
		guarded            bool
	}{
		{"open", media, "", false},
		{"path", "/t/" + plain + media, "", true},
		{"path-address-screens", "/t/" + strict + media, "", true},
		{"bearer", media, plain, true},
		{"missing", media, "", true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			gate := New(Config{Keys: h.keys, Policy: NewPolicy(bb.guarded), Screens: session.New(session.NewMemory(), nil, nil)}, nothing)
			r := httptest.NewRequest("GET", bb.path, nil)
			r.RemoteAddr = "203.0.113.7:4711"
			if bb.bearer != "" {
				r.Header.Set("Authorization", "Bearer "+bb.bearer)
			}
			path, uri := r.URL.Path, r.RequestURI
			w := &sink{header: make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				r.URL.Path, r.RequestURI = path, uri
				gate.ServeHTTP(w, r)
			}
		})
	}
}
