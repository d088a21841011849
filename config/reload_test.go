package config

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"testing"
)

// A server whose terminal was closed ends, as it did before SIGHUP meant to reload.
func TestClosedTerminalEndsTheServer(t *testing.T) {
	loaded, err := Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReloader(loaded, func() (*Loaded, error) { return loaded, nil }, slog.New(slog.DiscardHandler))
	defer r.Close()
	r.attached, r.terminal = true, func() bool { return false }
	r.signals <- syscall.SIGHUP
	if err := r.Run(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("the server ends with %v", err)
	}
}
