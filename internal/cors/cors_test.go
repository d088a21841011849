package cors

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPreflight(t *testing.T) {
	tests := []struct {
		name      string
		requested []string
		want      string
	}{
		{"tracing headers", []string{"cache-control,baggage,sentry-trace"}, "cache-control, baggage, sentry-trace"},
		{"several fields", []string{"Range", "authorization"}, "Range, authorization"},
		{"spaces and empty elements", []string{" x-a ,,\tx-b,"}, "x-a, x-b"},
		{"nothing asked for", nil, anyHeader},
		{"empty", []string{""}, anyHeader},
		{"no token", []string{"x-a, x b"}, anyHeader},
		{"a second header", []string{"x-a\r\nSet-Cookie: a=b"}, anyHeader},
		{"not ASCII", []string{"x-ä"}, anyHeader},
		{"too long", []string{strings.Repeat("x", maxRequestedHeaders+1)}, anyHeader},
		{"as long as can be", []string{strings.Repeat("x", maxRequestedHeaders)}, strings.Repeat("x", maxRequestedHeaders)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("OPTIONS", "/", nil)
			r.Header["Access-Control-Request-Headers"] = tt.requested
			w := httptest.NewRecorder()
			Preflight(w, r, "GET, HEAD, OPTIONS")
			h := w.Result().Header
			if got := h.Get("Access-Control-Allow-Headers"); got != tt.want {
				t.Errorf("allowed headers: %.80q, want %.80q", got, tt.want)
			}
			if w.Code != 204 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" ||
				h.Get("Access-Control-Max-Age") != "86400" || h.Get("Vary") != "Access-Control-Request-Headers" {
				t.Errorf("%d %v", w.Code, h)
			}
		})
	}
}
