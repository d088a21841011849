// Package profiling sends profiles of the process to a Pyroscope server.
package profiling

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/grafana/pyroscope-go"
)

// timeout bounds each exchange with the profile server, and the wait for
// the last one when we stop: a server that hangs must not hold us up.
const timeout = 2 * time.Second

// Start sends profiles of a process with the role to the server at a URL; "": nowhere. It
// returns what stops it.
func Start(url, role, version string, log *slog.Logger) (stop func()) {
	if url == "" {
		return func() {}
	}
	profiler, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: "lightstick", ServerAddress: url,
		Tags:       map[string]string{"service": "lightstick", "role": role, "version": version},
		HTTPClient: &http.Client{Timeout: timeout},
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
		case <-time.After(timeout):
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
