package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/app"
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

// open opens the database of the data directory that a server has made.
func (c common) open(ctx context.Context) (*control.Store, error) {
	if err := c.mustBeServed(); err != nil {
		return nil, err
	}
	return app.OpenStore(ctx, c.Data)
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
	return fmt.Errorf("no server has used the data directory %s: %w; name the one of 'lightstick serve' with --data DIR or LIGHTSTICK_DATA_DIR. "+
		"For a server on another machine run this command there, or use its API", dir, err)
}
