package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// ReadyPath answers whether the server should get viewers and publishers.
const ReadyPath = "/readyz"

const (
	// readyKept is how long a verdict is kept: anybody may ask for it.
	readyKept = time.Second
	// readyTimeout bounds the checks. A disk that hangs is no ready one.
	readyTimeout = 2 * time.Second
)

// readyCheck is something that the server can't do without.
type readyCheck struct {
	name string // for the public answer
	run  func(ctx context.Context) error
}

// readiness tells whether the server should get viewers and publishers: it is not
// stopping, and everything that it can't do without works.
type readiness struct {
	checks   []readyCheck
	log      *slog.Logger
	draining atomic.Bool

	turn    chan struct{} // holds one while a check runs; guards what follows
	checked time.Time
	verdict error
}

var (
	errDraining = errors.New("draining")
	errTooSlow  = fmt.Errorf("checks took longer than %v", readyTimeout)
)

func newReadiness(log *slog.Logger, checks ...readyCheck) *readiness {
	return &readiness{checks: checks, log: log, turn: make(chan struct{}, 1)}
}

// drain makes the server unready for good: load balancers should send nobody more.
func (r *readiness) drain() { r.draining.Store(true) }

// ServeHTTP implements http.Handler: 200, or 503 and the name of what fails. The error
// itself is in the log only.
func (r *readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := r.fault(); err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// fault is nil if the server is ready. It returns within readyTimeout; checks that
// still run then are not started again before they end.
func (r *readiness) fault() error {
	if r.draining.Load() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	result := make(chan error, 1)
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return errTooSlow
	}
	go func() {
		defer func() { <-r.turn }()
		result <- r.renew(ctx)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done(): // at its deadline: only this function ends it before
		return errTooSlow
	}
}

// renew runs the checks unless their verdict is fresh. The caller holds turn.
func (r *readiness) renew(ctx context.Context) error {
	if !r.checked.IsZero() && time.Since(r.checked) < readyKept {
		return r.verdict
	}
	was := r.verdict
	r.verdict = nil
	for _, check := range r.checks {
		if err := check.run(ctx); err != nil {
			r.verdict = errors.New(check.name)
			if was == nil || was.Error() != check.name {
				r.log.Error("not ready", "check", check.name, "err", err)
			}
			break
		}
	}
	if was != nil && r.verdict == nil {
		r.log.Info("ready again")
	}
	r.checked = time.Now()
	return r.verdict
}
