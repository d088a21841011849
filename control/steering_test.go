package control

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/steering"
)

func TestSteeringAPI(t *testing.T) {
	store, _ := open(t)
	pathways, err := steering.ParsePathways(map[string]string{"a": "https://a.example.com", "b": "https://b.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	collector := cmcd.New(cmcd.Config{CDNs: []string{"a"}, Stream: func(id string) bool { return id == "show" }})
	collector.Observe(cmcd.Observation{Report: cmcd.Report{Session: "s", Content: "show", CDN: "a", Event: "t"}})
	collector.Observe(cmcd.Observation{Report: cmcd.Report{Session: "x", Content: "none", Event: "t"}})
	api := API{
		Store: store, Token: fixed("secret"), Log: log, Quality: collector,
		Steering: steering.New(steering.Config{Settings: steering.Settings{Pathways: pathways}, Log: log}),
	}
	mux := http.NewServeMux()
	api.Register(mux)
	call := func(token, method, path, body string) (int, string) {
		r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, tt := range []struct {
		token, method, path, body string
		code                      int
		want                      string
	}{
		{"wrong", "GET", "/steering", "", 401, ""},
		{"wrong", "GET", "/quality", "", 401, ""},
		{"secret", "GET", "/steering", "", 200, `"state":"good"`},
		{"secret", "PUT", "/steering/a", `{"state":"off"}`, 200, `"mode":"off"`},
		{"secret", "PUT", "/steering/b", `{"state":"off"}`, 409, "only pathway"},
		{"secret", "PUT", "/steering/c", `{"state":"off"}`, 404, "no such pathway"},
		{"secret", "PUT", "/steering/a", `{"state":"away"}`, 422, ""},
		{"secret", "GET", "/quality", "", 200, `"stream":"other"`},
		{"secret", "GET", "/quality?stream=show", "", 200, `[{"stream":"show","cdn":"a","country":"unknown","sessions":1`},
		{"secret", "GET", "/quality?stream=gone", "", 200, "[]"},
	} {
		code, body := call(tt.token, tt.method, tt.path, tt.body)
		if code != tt.code || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.path, tt.body, code, body)
		}
	}
}
