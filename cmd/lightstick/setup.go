package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// load reads the configuration.
func (c common) load() (*config.Loaded, error) {
	return config.Load(c.Config, environment(), c.Set)
}

// environment leaves out the variables that are the command line's own.
func environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !startsWithAny(entry, "LIGHTSTICK_CONFIG_FILE=", "LIGHTSTICK_DATA_DIR=") {
			kept = append(kept, entry)
		}
	}
	return kept
}

func startsWithAny(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(s) >= len(p) && s[:len(p)] == p {
			return true
		}
	}
	return false
}

// create makes the data directory, which only servers do, and opens the database in it.
func (c common) create(ctx context.Context) (*control.Store, error) {
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w; choose another with --data", err)
	}
	return c.openStore(ctx)
}

// open opens the database of the data directory that a server has made.
func (c common) open(ctx context.Context) (*control.Store, error) {
	if err := c.mustBeServed(); err != nil {
		return nil, err
	}
	return c.openStore(ctx)
}

// mustBeServed fails where no server has made its data directory: what was written there
// no server would ever read.
func (c common) mustBeServed() error {
	_, err := os.Stat(filepath.Join(c.Data, control.FileName))
	if err == nil {
		return nil
	}
	dir := c.Data
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	return fmt.Errorf("%s is not a server's data directory: %w; name the one that 'lightstick serve' was started with: --data DIR or LIGHTSTICK_DATA_DIR "+
		"(its first start makes it). For a server on another machine run this there, or use its API", dir, err)
}

func (c common) openStore(ctx context.Context) (*control.Store, error) {
	store, err := control.Open(ctx, c.Data)
	if errors.Is(err, control.ErrNewer) {
		return nil, fmt.Errorf("%w; start that one, or bring back the copy of %s from before the upgrade", err, c.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; is %s writable? choose another place with --data", err, c.Data)
	}
	return store, nil
}

// newLogger logs to w as configured. The level may be changed while it is used.
func newLogger(cfg *config.Config, w io.Writer) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	setLevel(level, cfg)
	options := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), level
	}
	return slog.New(slog.NewTextHandler(w, options)), level
}

// setLevel makes log.level the level. Validate has checked it.
func setLevel(level *slog.LevelVar, cfg *config.Config) {
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level.Set(slog.LevelInfo)
	}
}
