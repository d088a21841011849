package app

import (
	"testing"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/ingest"
)

// Where any key may publish there is nothing to guess.
func TestGateIsGuardedUnlessOpen(t *testing.T) {
	for open, guarded := range map[bool]bool{false: true, true: false} {
		cfg := &config.Config{}
		cfg.Publish.Open = open
		access := newAccess(cfg)
		_, is := (&Server{cfg: cfg, access: access}).gate().(ingest.SlowGate)
		if is != guarded {
			t.Errorf("publish.open=%v: guarded is %v", open, is)
		}
	}
}
