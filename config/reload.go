package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/certificates"
)

// reloadable is a setting that SIGHUP makes hold. The others need a restart: they are
// ports, what streams on air are made with, or what others have been told already.
type reloadable struct {
	keys []string
	// apply makes the settings of next hold. If it fails, the last ones stay.
	apply func(next *config.Config) error
}

// errNeedsRestart reports a change that can't be made while the server runs.
var errNeedsRestart = errors.New("needs a restart")

// Reloader reads the configuration again at each SIGHUP. It is a Runner.
type Reloader struct {
	load     func() (*config.Loaded, error)
	started  *config.Loaded // what the server was started with
	last     *config.Loaded // what was read last
	settings []reloadable
	log      *slog.Logger
	signals  chan os.Signal
	terminal func() bool // reports whether standard input is a terminal
	attached bool        // it was one when the server started
}

// NewReloader takes SIGHUP from now on, which would end the process. Close must be
// called.
func NewReloader(loaded *config.Loaded, load func() (*config.Loaded, error), level *slog.LevelVar, log *slog.Logger) *Reloader {
	r := &Reloader{
		load: load, started: loaded, last: loaded, log: log, signals: make(chan os.Signal, 1),
		terminal: func() bool { return term.IsTerminal(int(os.Stdin.Fd())) },
	}
	r.attached = r.terminal()
	r.add(func(next *config.Config) error { setLevel(level, next); return nil }, "log.level")
	signal.Notify(r.signals, syscall.SIGHUP)
	return r
}

// Close leaves SIGHUP to the system again.
func (r *Reloader) Close() { signal.Stop(r.signals) }

func (r *Reloader) add(apply func(next *config.Config) error, keys ...string) {
	r.settings = append(r.settings, reloadable{keys, apply})
}

// AddServer adds the settings of a server.
func (r *Reloader) AddServer(s *Server) { r.addShared(s.certs, s.token) }

// addShared adds the settings that every role has.
func (r *Reloader) addShared(certs *certificates.Certificates, token *apiToken) {
	r.add(func(next *config.Config) error { return certs.Reload(next.HTTP.TLSCert, next.HTTP.TLSKey) }, "http.tls_cert", "http.tls_key")
	r.add(token.reload, "api.token")
}

// Run reloads at each signal until ctx ends. A terminal that is closed sends SIGHUP
// too, and then wants the process to end.
func (r *Reloader) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.signals:
		}
		if r.attached && !r.terminal() {
			return fmt.Errorf("the terminal was closed: %w", context.Canceled)
		}
		r.reload()
	}
}

// reload applies what can be applied of the configuration as it is now. Of a broken one
// nothing is: the last one is applied again, which reads its certificate again.
func (r *Reloader) reload() {
	next, err := r.load()
	if err != nil {
		r.log.Error("the new configuration is broken: the running one stays", "err", err)
		next = r.last
	}
	changed, ignored := config.Changed(r.last, next), config.Changed(r.started, next)
	r.last = next
	applied := []string{}
	for _, setting := range r.settings {
		if err := setting.apply(&next.Config); err != nil {
			r.log.Error("setting was not reloaded: the last value stays", "settings", setting.keys, "err", err)
			continue
		}
		for _, key := range setting.keys {
			if slices.Contains(changed, key) {
				applied = append(applied, key)
			}
		}
	}
	ignored = slices.DeleteFunc(ignored, r.reloads)
	r.log.Info("configuration and certificates read again", "changed", applied)
	if len(ignored) > 0 {
		r.log.Warn("settings have changed that need a restart", "settings", ignored)
	}
}

// reloads reports whether a setting can be changed while the server runs.
func (r *Reloader) reloads(key string) bool {
	return slices.ContainsFunc(r.settings, func(s reloadable) bool { return slices.Contains(s.keys, key) })
}

// apiToken is api.token as it is now.
type apiToken struct{ value atomic.Pointer[config.Secret] }

func newAPIToken(cfg *config.Config) *apiToken {
	t := &apiToken{}
	t.value.Store(&cfg.API.Token)
	return t
}

// get is the token; "" is the one that the first start made.
func (t *apiToken) get() string { return string(*t.value.Load()) }

// reload takes a new token. The one of the first start, which an empty value stands
// for, is made when the server starts.
func (t *apiToken) reload(next *config.Config) error {
	if next.API.Token == "" && t.get() != "" {
		return errNeedsRestart
	}
	token := next.API.Token
	t.value.Store(&token)
	return nil
}
