package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/internal/bind"
)

const metricsPath = "/metrics"

// observe adds what load balancers and supervisors ask the public port for, and where
// admin.listen is empty the metrics.
func observe(mux *http.ServeMux, cfg *config.Config, ready *readiness, metrics prometheus.Gatherer) {
	observeHealth(mux, ready)
	if cfg.Admin.Listen == "" {
		mux.Handle("GET "+metricsPath, metricsHandler(metrics))
	}
}

// observeHealth adds liveness (the process answers) and readiness.
func observeHealth(mux *http.ServeMux, ready *readiness) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET "+ReadyPath, ready)
}

func metricsHandler(metrics prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})
}

// adminConnections bounds the connections of operators' tools at one time.
const adminConnections = 64

// adminServer answers operators' tools on admin.listen. It is a Runner.
type adminServer struct {
	listener net.Listener
	server   *http.Server
}

// listenAdmin opens admin.listen; the server is nil if that is empty.
func listenAdmin(cfg *config.Config, ready *readiness, metrics prometheus.Gatherer, log *slog.Logger) (*adminServer, error) {
	if cfg.Admin.Listen == "" {
		return nil, nil
	}
	l, err := bind.Listen(cfg.Admin.Listen)
	if err != nil {
		return nil, fmt.Errorf("admin.listen: %w; choose another with --set admin.listen=HOST:PORT (port 0: a free one; empty: %s on http.listen)", err, metricsPath)
	}
	log.Info("metrics and profiles", "url", "http://"+l.Addr().String()+metricsPath)
	return &adminServer{
		listener: netutil.LimitListener(l, adminConnections),
		// No WriteTimeout: a profile takes as long as it is asked to.
		server: &http.Server{
			Handler: adminHandler(ready, metrics), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}, nil
}

func adminHandler(ready *readiness, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	observeHealth(mux, ready)
	mux.Handle("GET "+metricsPath, metricsHandler(metrics))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// addr is the address listened on; "": none.
func (s *adminServer) addr() string {
	if s == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Run answers until ctx ends or the listener fails. Answers go on after ctx has ended,
// so that the end can be watched too; close ends them.
func (s *adminServer) Run(ctx context.Context) error {
	if s == nil {
		return nil
	}
	failed := make(chan error, 1)
	go func() { failed <- s.server.Serve(s.listener) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("admin.listen: %w", err)
	}
}

// close frees the port, whether Run was called or not.
func (s *adminServer) close() {
	if s == nil {
		return
	}
	_ = s.server.Close()
	_ = s.listener.Close()
}
