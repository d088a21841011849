package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/health"
)

func observed(t *testing.T, listen string) (*config.Config, *prometheus.Registry, *health.Readiness) {
	t.Helper()
	loaded, err := config.Load("", nil, []string{"admin.listen=" + listen})
	if err != nil {
		t.Fatal(err)
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector())
	return &loaded.Config, metrics, health.New(slog.New(slog.DiscardHandler))
}

// What tells of cost and streams is not for viewers.
func TestPublicPortHasNoMetrics(t *testing.T) {
	for listen, metricsCode := range map[string]int{"127.0.0.1:9090": 404, "": 200} {
		cfg, metrics, ready := observed(t, listen)
		mux := http.NewServeMux()
		observe(mux, cfg, ready, metrics)
		for path, want := range map[string]int{
			"/metrics": metricsCode, "/healthz": 200, "/readyz": 200,
			"/debug/pprof/": 404, "/debug/pprof/heap": 404, "/debug/pprof/cmdline": 404, "/debug/vars": 404,
		} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != want {
				t.Errorf("admin.listen=%q: %s answers %d, want %d", listen, path, w.Code, want)
			}
		}
	}
}
