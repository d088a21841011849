// Package retry has the one rule for how long to wait before something that failed is tried
// again.
//
// It is a few lines of our own because the loops that wait differ: most go on with a queue
// meanwhile, or stop for more than a context. A library's loop fits none of them, and the
// delays of the usual ones pass the maximum that they are given.
package retry

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait after each failure: First, then twice as long each time, up
// to Last. Of that it takes a random part, so that clients which failed together do not
// return together. A delay is at least half of its interval and at most the interval, and
// so never longer than Last.
//
// It must not be used concurrently.
type Backoff struct {
	First, Last time.Duration // First > 0; Last >= First

	interval time.Duration // of the next delay; 0: First
}

// Next is how long to wait after one more failure.
func (b *Backoff) Next() time.Duration {
	interval := cmp.Or(b.interval, b.First)
	b.interval = min(2*interval, b.Last)
	return Jitter(interval)
}

// Reset begins with First again. Call it after a success.
func (b *Backoff) Reset() { b.interval = 0 }

// Jitter is a random duration from half of d to d.
func Jitter(d time.Duration) time.Duration { return d - rand.N(d/2+1) }

// Sleep waits for d. It returns false at once when ctx ends.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
