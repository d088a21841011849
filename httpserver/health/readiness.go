// Package health answers load balancers and supervisors: whether the process answers
// (/healthz), and whether the server should get viewers and publishers (/readyz).
package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// Paths of the answers.
const (
	LivePath  = "/healthz"
	ReadyPath = "/readyz"
)

const (
	// readyKept is how long a verdict is kept: anybody may ask for it.
	readyKept = time.Second
	// readyTimeout bounds the checks. A disk that hangs is no ready one.
	readyTimeout = 2 * time.Second
)

// Check is something that the server can't do without.
type Check struct {
	Name string // for the public answer
	Run  func(ctx context.Context) error
}

// Readiness tells whether the server should get viewers and publishers: it is not
// stopping, and everything that it can't do without works.
type Readiness struct {
	checks   []Check
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

// New makes a Readiness of checks, which are run in this order.
func New(log *slog.Logger, checks ...Check) *Readiness {
	return &Readiness{checks: checks, log: log, turn: make(chan struct{}, 1)}
}

// Drain makes the server unready for good: load balancers should send nobody more.
func (r *Readiness) Drain() { r.draining.Store(true) }

// Register adds both routes.
func (r *Readiness) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET "+LivePath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET "+ReadyPath, r)
}

// ServeHTTP implements http.Handler: 200, or 503 and the name of what fails. The error
// itself is in the log only.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := r.fault(); err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// fault is nil if the server is ready. It returns within readyTimeout; checks that
// still run then are not started again before they end.
func (r *Readiness) fault() error {
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
func (r *Readiness) renew(ctx context.Context) error {
	if !r.checked.IsZero() && time.Since(r.checked) < readyKept {
		return r.verdict
	}
	was := r.verdict
	r.verdict = nil
	for _, check := range r.checks {
		if err := check.Run(ctx); err != nil {
			r.verdict = errors.New(check.Name)
			if was == nil || was.Error() != check.Name {
				r.log.Error("not ready", "check", check.Name, "err", err)
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
