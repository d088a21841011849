// Package ticker has a ticker for work that is not always there.
//
// A [time.Ticker] wakes the process for ever. An [OnDemand] fires only from the moment
// at which somebody says that there is work until its owner finds none, so that a server
// that nobody uses sleeps.
package ticker

import (
	"sync/atomic"
	"time"
)

// OnDemand fires repeatedly while there is work. One goroutine, its owner, receives from
// C and calls Do each time; any goroutine may call Wake.
type OnDemand struct {
	// C has the time of each firing.
	C <-chan time.Time

	every time.Duration
	timer *time.Timer
	awake atomic.Bool // the timer runs, or the owner has not called Do since it fired
}

// New makes a ticker that does not run: Wake starts it.
func New(every time.Duration) *OnDemand {
	timer := time.NewTimer(every)
	timer.Stop()
	return &OnDemand{C: timer.C, every: every, timer: timer}
}

// Wake says that there is work, after it was put where Do finds it. The ticker fires
// after its period unless it runs already, which costs next to nothing.
func (t *OnDemand) Wake() {
	if !t.awake.Load() && t.awake.CompareAndSwap(false, true) {
		t.timer.Reset(t.every)
	}
}

// Do does what is to be done at a firing, and lets the ticker go on if there is more to
// come. Work that comes meanwhile is not forgotten: the ticker counts as stopped before
// work looks, so that Wake starts it.
func (t *OnDemand) Do(work func() (more bool)) {
	t.awake.Store(false)
	if work() {
		t.Wake()
	}
}

// Stop stops the ticker when its owner is done with it.
func (t *OnDemand) Stop() { t.timer.Stop() }

// Running tells whether the ticker runs, for tests.
func (t *OnDemand) Running() bool { return t.awake.Load() }
