package origin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Everything below a stream can be read by pages of any site with any request header,
// whether the file is there or not.
func TestPreflightAllowsAnyHeader(t *testing.T) {
	s := newStudio(t)
	const requested = "cache-control,baggage,sentry-trace"
	for _, path := range []string{
		"/live/show/index.m3u8", "/live/show/audio.m3u8", "/live/show/p/audio/0.m4s", "/live/show/status.json", "/live/show/chat/index.json",
		"/live/show/recordings/r/index.m3u8", "/live/show/recordings/r/poster.jpg", "/live/none/index.m3u8",
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodOptions, path, nil)
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header.Set("Access-Control-Request-Headers", requested)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if h := w.Header(); w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Headers") != "cache-control, baggage, sentry-trace" ||
			h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}
