// Package admin answers operators' tools on a port of their own: metrics, profiles, and
// the same about health as the public port.
package admin

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

	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/health"
	"github.com/globalfandom/lightstick/internal/bind"
)

// MetricsPath is the path of the metrics.
const MetricsPath = "/metrics"

// Metrics answers with what the registry gathers.
func Metrics(metrics prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})
}

// maxConnections bounds the connections of operators' tools at one time.
const maxConnections = 64

// Server answers operators' tools on admin.listen. It is a Runner.
type Server struct {
	listener net.Listener
	server   *http.Server
}

// Listen opens the port; the server is nil if address is empty.
func Listen(address string, ready *health.Readiness, metrics prometheus.Gatherer, log *slog.Logger) (*Server, error) {
	if address == "" {
		return nil, nil
	}
	l, err := bind.Listen(address)
	if err != nil {
		return nil, fmt.Errorf("admin.listen: %w; choose another with --set admin.listen=HOST:PORT (port 0: a free one; empty: %s on http.listen)", bind.Explain(err), MetricsPath)
	}
	log.Info("serving metrics and profiles", "url", "http://"+l.Addr().String()+MetricsPath)
	return &Server{
		listener: netutil.LimitListener(l, maxConnections),
		// No WriteTimeout: a profile takes as long as it is asked to.
		server: &http.Server{
			Handler: handler(ready, metrics), ReadHeaderTimeout: httpserver.HeaderTimeout, IdleTimeout: httpserver.IdleTimeout,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}, nil
}

func handler(ready *health.Readiness, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	ready.Register(mux)
	mux.Handle("GET "+MetricsPath, Metrics(metrics))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// Addr is the address listened on; "": none.
func (s *Server) Addr() string {
	if s == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Run answers until ctx ends or the listener fails. Answers go on after ctx has ended,
// so that the end can be watched too; Close ends them.
func (s *Server) Run(ctx context.Context) error {
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

// Close frees the port, whether Run was called or not.
func (s *Server) Close() {
	if s == nil {
		return
	}
	_ = s.server.Close()
	_ = s.listener.Close()
}
