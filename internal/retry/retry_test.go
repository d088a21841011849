package retry_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

func TestDelaysDoubleWithinBounds(t *testing.T) {
	for range 200 { // the delays are random
		b := retry.Backoff{First: time.Second, Last: 5 * time.Second}
		for round := range 2 { // the second one follows Reset
			for i, interval := range []time.Duration{1, 2, 4, 5, 5, 5} {
				interval *= time.Second
				if d := b.Next(); d < interval/2 || d > interval {
					t.Fatalf("round %d: delay %d is %v, want %v to %v", round, i, d, interval/2, interval)
				}
			}
			b.Reset()
		}
	}
}

func TestDelaysDiffer(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 10 {
		b := retry.Backoff{First: time.Hour, Last: time.Hour}
		seen[b.Next()] = true
	}
	if len(seen) < 2 { // of 2^40 values
		t.Error("clients that fail together return together")
	}
}

func TestJitterOfNothing(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 2} {
		if got := retry.Jitter(d); got < d/2 || got > d {
			t.Errorf("Jitter(%d) = %d", d, got)
		}
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if !retry.Sleep(t.Context(), time.Minute) || time.Since(began) != time.Minute {
			t.Errorf("slept %v, want a minute", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if retry.Sleep(ctx, time.Minute) || time.Since(began) != time.Second {
			t.Errorf("slept %v, want until the context's end", time.Since(began))
		}
	})
}
