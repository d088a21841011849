package config

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/term"
)

// reloadable is a setting that SIGHUP makes hold. The others need a restart: they are
// ports, what streams on air are made with, or what others have been told already.
type reloadable struct {
	keys []string
	// apply makes the settings of next hold. If it fails, the last ones stay.
	apply func(next *Config) error
}

// Reloader reads the configuration again at each SIGHUP. It has a Run like all components.
type Reloader struct {
	load     func() (*Loaded, error)
	started  *Loaded // what the server was started with
	last     *Loaded // what was read last
	settings []reloadable
	log      *slog.Logger
	signals  chan os.Signal
	terminal func() bool // reports whether standard input is a terminal
	attached bool        // it was one when the server started
}

// NewReloader takes SIGHUP from now on, which would end the process. Close must be
// called.
func NewReloader(loaded *Loaded, load func() (*Loaded, error), log *slog.Logger) *Reloader {
	r := &Reloader{
		load: load, started: loaded, last: loaded, log: log, signals: make(chan os.Signal, 1),
		terminal: func() bool { return term.IsTerminal(int(os.Stdin.Fd())) },
	}
	r.attached = r.terminal()
	signal.Notify(r.signals, syscall.SIGHUP)
	return r
}

// Close leaves SIGHUP to the system again.
func (r *Reloader) Close() { signal.Stop(r.signals) }

// Apply has each reload call apply for the settings of keys. If it fails, the last values
// stay. Run must not have been called.
func (r *Reloader) Apply(apply func(next *Config) error, keys ...string) {
	r.settings = append(r.settings, reloadable{keys, apply})
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
		r.log.Error("configuration not reloaded: it is not valid; the last one stays", "err", err)
		next = r.last
	}
	changed, ignored := Changed(r.last, next), Changed(r.started, next)
	r.last = next
	applied := []string{}
	for _, setting := range r.settings {
		if err := setting.apply(&next.Config); err != nil {
			r.log.Error("settings not reloaded; the last values stay", "settings", setting.keys, "err", err)
			continue
		}
		for _, key := range setting.keys {
			if slices.Contains(changed, key) {
				applied = append(applied, key)
			}
		}
	}
	ignored = slices.DeleteFunc(ignored, r.reloads)
	if err != nil {
		r.log.Info("certificates reloaded; the last configuration stays")
	} else {
		r.log.Info("configuration reloaded", "changed", applied)
	}
	if len(ignored) > 0 {
		r.log.Warn("changed settings need a restart", "settings", ignored)
	}
}

// reloads reports whether a setting can be changed while the server runs.
func (r *Reloader) reloads(key string) bool {
	return slices.ContainsFunc(r.settings, func(s reloadable) bool { return slices.Contains(s.keys, key) })
}
