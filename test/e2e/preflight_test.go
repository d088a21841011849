//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// Every edge answers a preflight as the origin does: what anybody may read is readable
// with any request header.
func TestPreflightAtEdges(t *testing.T) {
	t.Parallel()
	o := newStubOrigin(t)
	for _, product := range []string{"nginx", "varnish", "haproxy"} {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			e := startEdge(t, product, o.addr)
			for requested, want := range map[string]string{
				"cache-control,baggage,sentry-trace": "cache-control,baggage,sentry-trace",
				"x a;b":                              "*, Authorization",
			} {
				for _, uri := range []string{"/live/s/v.m3u8", "/live/s/p/v/1.m4s", "/live/s/status.json", "/t/a.b.c/live/s/v.m3u8"} {
					code, h, _ := e.ask(t, "OPTIONS", uri, "Origin", "https://fan.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", requested)
					if code != http.StatusNoContent || h.Get("Access-Control-Allow-Headers") != want || h.Get("Access-Control-Allow-Origin") != "*" {
						t.Errorf("%s, %q: %d %v", uri, requested, code, h)
					}
				}
			}
		})
	}
}
