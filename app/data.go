package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/globalfandom/lightstick/control"
)

// CreateStore makes the data directory, which only servers do, and opens the database in it.
func CreateStore(ctx context.Context, dir string) (*control.Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w; choose another with --data DIR", err)
	}
	return OpenStore(ctx, dir)
}

// OpenStore opens the database of a data directory.
func OpenStore(ctx context.Context, dir string) (*control.Store, error) {
	store, err := control.Open(ctx, dir)
	if errors.Is(err, control.ErrNewer) {
		return nil, fmt.Errorf("%w; start that version, or restore the copy of %s from before the upgrade", err, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; is %s writable? choose another with --data DIR", err, dir)
	}
	return store, nil
}
