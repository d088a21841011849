package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/globalfandom/lightstick/httpserver/health"
)

func observed() (*prometheus.Registry, *health.Readiness) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector())
	return metrics, health.New(slog.New(slog.DiscardHandler))
}

func TestAdminServer(t *testing.T) {
	metrics, ready := observed()
	s, err := Listen("127.0.0.1:0", ready, metrics, slog.New(slog.DiscardHandler))
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
		if code, body := readAll(t, "http://"+s.Addr()+path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.100s", path, code, body)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	ready.Drain()
	// The end can be watched.
	if code, _ := readAll(t, "http://"+s.Addr()+health.ReadyPath); code != 503 {
		t.Errorf("%d while the server stops", code)
	}
	s.Close()
	if c, err := net.Dial("tcp", s.Addr()); err == nil {
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
	metrics, ready := observed()
	_, err = Listen(taken.Addr().String(), ready, metrics, slog.New(slog.DiscardHandler))
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "--set admin.listen=HOST:PORT") {
		t.Errorf("%v does not say what to set", err)
	}
	var none *Server // admin.listen is empty
	if err := none.Run(t.Context()); err != nil || none.Addr() != "" {
		t.Error("without a server there is nothing to run")
	}
	none.Close()
}

// readAll is the body of what a URL answers.
func readAll(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
