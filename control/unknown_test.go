package control

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// What the API has no route for is a problem in JSON, too, with the methods that there are.
func TestUnknownRoutesAreProblems(t *testing.T) {
	s, _ := open(t)
	mux := http.NewServeMux()
	api := API{Store: s, Live: &live{}, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler)}
	api.Register(mux)
	tests := []struct {
		method, path string
		code         int
		allow        string
	}{
		{"PUT", "/api/v1/streams", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/v1/streams", 405, "GET, HEAD, POST"},
		{"POST", "/api/v1/streams/show", 405, "GET, HEAD, PATCH, DELETE"},
		{"GET", "/api/v1/streams/show/key", 405, "POST"},
		{"BREW", "/api/v1/streams", 405, "GET, HEAD, POST"},
		{"DELETE", "/api/openapi.json", 405, "GET, HEAD"},
		{"GET", "/api/v1/nothing", 404, ""},
		{"POST", "/api/v2/streams", 404, ""},
		{"GET", "/api/", 404, ""},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		var said huma.ErrorModel
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %q, %v", tt.method, tt.path, w.Body, err)
		}
		if w.Code != tt.code || said.Status != tt.code || said.Detail == "" || w.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d %v %+v, want %d %q", tt.method, tt.path, w.Code, w.Header(), said, tt.code, tt.allow)
		}
	}
}
