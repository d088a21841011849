package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/globalfandom/lightstick/config"
)

func observed(t *testing.T, listen string) (*config.Config, *prometheus.Registry, *readiness) {
	t.Helper()
	loaded, err := config.Load("", nil, []string{"admin.listen=" + listen})
	if err != nil {
		t.Fatal(err)
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector())
	return &loaded.Config, metrics, newReadiness(slog.New(slog.DiscardHandler))
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

func TestAdminServer(t *testing.T) {
	cfg, metrics, ready := observed(t, "127.0.0.1:0")
	s, err := listenAdmin(cfg, ready, metrics, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Run(ctx) }()
	for path, want := range map[string]string{
		"/metrics": "go_goroutines", "/healthz": "ok", "/readyz": "ok",
		"/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "TestAdminServer", "/debug/pprof/cmdline": "test",
	} {
		if code, body := readAll(t, "http://"+s.addr()+path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.100s", path, code, body)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	ready.drain()
	// The end can be watched.
	if code, _ := readAll(t, "http://"+s.addr()+ReadyPath); code != 503 {
		t.Errorf("%d while the server stops", code)
	}
	s.close()
	if c, err := net.Dial("tcp", s.addr()); err == nil {
		_ = c.Close()
		t.Error("the port is still open")
	}
}

func TestAdminPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg, metrics, ready := observed(t, taken.Addr().String())
	_, err = listenAdmin(cfg, ready, metrics, slog.New(slog.DiscardHandler))
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "--set admin.listen=HOST:PORT") {
		t.Errorf("%v does not say what to set", err)
	}
	var none *adminServer // admin.listen is empty
	if err := none.Run(t.Context()); err != nil || none.addr() != "" {
		t.Error("without a server there is nothing to run")
	}
	none.close()
}
