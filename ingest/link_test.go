package ingest

import (
	"testing"
	"time"
)

func TestAdvisedLatency(t *testing.T) {
	const ms = time.Millisecond
	for roundTrip, want := range map[time.Duration]time.Duration{0: 120 * ms, 30 * ms: 120 * ms, 31 * ms: 130 * ms, 200 * ms: 800 * ms} {
		if got := AdvisedLatency(roundTrip); got != want {
			t.Errorf("a round trip of %v: %v, want %v", roundTrip, got, want)
		}
	}
}
