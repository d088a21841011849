package httpserver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/internal/setting"
)

const oldSecret, newSecret = "an-old-secret-of-32-characters-00", "the-next-secret-of-33-characters-1"

func TestOriginShield(t *testing.T) {
	g := NewOriginShield(ShieldSettings{
		Secrets: []setting.Secret{oldSecret, newSecret}, SecretHeader: "x-origin-secret", LoopID: "lightstick",
	}, "/live/", "/t/")
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header)
	}))
	for _, tt := range []struct {
		name, path string
		secrets    []string
		loop       string
		code       int
	}{
		{"old", "/live/a", []string{oldSecret}, "", 200},
		{"next", "/t/x/live/a", []string{newSecret}, "", 200},
		{"missing", "/live/a", nil, "", 403},
		{"empty", "/live/a", []string{""}, "", 403},
		{"wrong", "/live/a", []string{oldSecret + "x"}, "", 403},
		{"beginning", "/live/a", []string{oldSecret[:10]}, "", 403},
		{"both in one", "/live/a", []string{oldSecret + " " + newSecret}, "", 403},
		{"one right of two", "/live/a", []string{"guess", oldSecret}, "", 403},
		{"the same twice", "/live/a", []string{oldSecret, oldSecret}, "", 403},
		{"ten thousand", "/live/a", make([]string, 10_000), "", 403},
		{"health", "/healthz", nil, "", 200},
		{"page", "/watch/a", []string{"wrong"}, "", 200},
		{"escaped", "/%6cive/a", nil, "", 403},
		{"other CDNs", "/live/a", []string{oldSecret}, "cdn.example; x=\"lightstick\", fastly", 200},
		{"came round", "/live/a", []string{oldSecret}, "fastly , LightStick;v=1", 508},
		{"came round without", "/watch/a", nil, "lightstick", 508},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://h"+tt.path, nil)
			if tt.secrets != nil {
				r.Header["X-Origin-Secret"] = tt.secrets
			}
			if tt.loop != "" {
				r.Header.Set("CDN-Loop", tt.loop)
			}
			for range 2 { // a connection's next request may have the same map
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				body := w.Body.String()
				if w.Code != tt.code || strings.Contains(body, "secret-of") {
					t.Fatalf("%d %s", w.Code, body)
				}
				if tt.code == 200 {
					continue
				}
				if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "*" || len(body) < 40 {
					t.Errorf("%v %q", w.Header(), body)
				}
			}
		})
	}
	for reason, want := range map[string]float64{reasonMissing: 4, reasonWrong: 14, reasonLoop: 4} {
		if got := testutil.ToFloat64(g.refused.WithLabelValues(reason)); got != want {
			t.Errorf("%s was counted %v times, want %v", reason, got, want)
		}
	}
}

// What is not set costs nothing.
func TestOpenShield(t *testing.T) {
	g := NewOriginShield(ShieldSettings{SecretHeader: "X-Origin-Secret"}, "/live/")
	next := http.NewServeMux()
	if got := g.Handler(next); got != http.Handler(next) {
		t.Errorf("%T", got)
	}
}

func FuzzCDNLoop(f *testing.F) {
	for _, text := range []string{"lightstick", "a;b=\"c, lightstick\"", "a,,lightstick;", "a:80, b ; x", "\"lightstick", ", ,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever came before, our own element is seen.
		if !names([]string{text + ",LIGHTSTICK;a=b"}, "lightstick") || !names([]string{text, "lightstick"}, "lightstick") {
			t.Errorf("%q hides it", text)
		}
		if names([]string{text}, "lightstick") && !strings.Contains(strings.ToLower(strings.ToValidUTF8(text, "")), "lightstick") && isASCII(text) {
			t.Errorf("%q does not name it", text)
		}
	})
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

func BenchmarkOriginShield(b *testing.B) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, bench := range []struct {
		name    string
		secrets []setting.Secret
		loop    string
	}{{"open", nil, ""}, {"loop", nil, "lightstick"}, {"secret", []setting.Secret{oldSecret}, "lightstick"}, {"two-secrets", []setting.Secret{newSecret, oldSecret}, "lightstick"}} {
		b.Run(bench.name, func(b *testing.B) {
			h := NewOriginShield(ShieldSettings{Secrets: bench.secrets, SecretHeader: "X-Origin-Secret", LoopID: bench.loop}, "/live/").Handler(next)
			r := httptest.NewRequest("GET", "http://h/live/a", nil)
			r.Header.Set("X-Origin-Secret", oldSecret)
			r.Header.Set("Accept-Encoding", "gzip")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
	}
}
