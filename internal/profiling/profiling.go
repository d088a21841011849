package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/grafana/pyroscope-go"

	"github.com/globalfandom/lightstick/config"
)

// profileTimeout bounds each exchange with the profile server, and the wait for
// the last one when we stop: a server that hangs must not hold us up.
const profileTimeout = 2 * time.Second

// startProfiler sends profiles of a process with the role if pyroscope.url is set. It
// returns what stops it.
func startProfiler(cfg *config.Config, role, version string, log *slog.Logger) (stop func()) {
	if cfg.Pyroscope.URL == "" {
		return func() {}
	}
	profiler, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: "lightstick", ServerAddress: string(cfg.Pyroscope.URL),
		Tags:       map[string]string{"service": "lightstick", "role": role, "version": version},
		HTTPClient: &http.Client{Timeout: profileTimeout},
		Logger:     profilerLog{log.With("component", "pyroscope")},
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU, pyroscope.ProfileInuseSpace, pyroscope.ProfileAllocSpace, pyroscope.ProfileGoroutines,
		},
	})
	if err != nil {
		log.Error("profiling is off", "err", err)
		return func() {}
	}
	return func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = profiler.Stop()
		}()
		select {
		case <-done:
		case <-time.After(profileTimeout):
		}
	}
}

// profilerLog passes the library's messages on; a server that is down is no error
// of ours.
type profilerLog struct{ log *slog.Logger }

func (p profilerLog) Infof(string, ...any)  {}
func (p profilerLog) Debugf(string, ...any) {}
func (p profilerLog) Errorf(format string, a ...any) {
	p.log.Debug("not sent", "err", fmt.Sprintf(format, a...))
}
