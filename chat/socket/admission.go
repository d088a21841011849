package socket

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// admission lets connections in at a rate. Above it they queue for a short time, and
// above the queue they are told when to come back.
type admission struct {
	rate  float64       // a second; 0: no limit
	burst float64       // admissions that may come at once
	queue time.Duration // longest wait

	mu      sync.Mutex
	free    float64   // admissions left at `at`; below 0: waiting ones
	at      time.Time //
	refused int       // since the queue was last empty
}

// admit waits for its turn. It returns how long to stay away if there is none, and ctx's
// error if that ends first.
func (a *admission) admit(ctx context.Context) (retry time.Duration, err error) {
	if a.rate <= 0 {
		return 0, nil
	}
	wait, retry := a.take(time.Now())
	if retry > 0 || wait == 0 {
		return retry, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err() // its turn is lost: whoever storms and leaves pays as well
	}
}

// take reserves a turn.
func (a *admission) take(now time.Time) (wait, retry time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at.IsZero() {
		a.free = a.burst
	} else {
		a.free = min(a.free+now.Sub(a.at).Seconds()*a.rate, a.burst)
	}
	a.at = now
	if a.free >= 1 {
		a.free--
		a.refused = 0
		return 0, 0
	}
	wait = time.Duration((1 - a.free) / a.rate * float64(time.Second))
	if wait <= a.queue {
		a.free--
		return wait, 0
	}
	a.refused++
	return 0, a.away(wait)
}

// away spreads the refused over the time that all of them take to get in.
func (a *admission) away(wait time.Duration) time.Duration {
	spread := min(time.Duration(float64(a.refused)/a.rate*float64(time.Second)), time.Minute)
	return wait + time.Second + time.Duration(rand.Int64N(int64(spread)+1))
}
