package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/admin"
	"github.com/globalfandom/lightstick/httpserver/health"
)

// observe adds what load balancers and supervisors ask the public port for, and where
// admin.listen is empty the metrics.
func observe(mux *http.ServeMux, cfg *config.Config, ready *health.Readiness, metrics prometheus.Gatherer) {
	ready.Register(mux)
	if cfg.Admin.Listen == "" {
		mux.Handle("GET "+admin.MetricsPath, admin.Metrics(metrics))
	}
}
