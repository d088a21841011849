package moderation

import (
	"sync"
	"time"
)

// After so many failures in a row the classifier rests, first for firstRest; each
// failure after a rest doubles the next one, up to lastRest.
const (
	failures  = 5
	firstRest = 2 * time.Second
	lastRest  = 30 * time.Second
)

// breaker keeps a dead classifier from costing every message its deadline. The zero
// value is ready.
type breaker struct {
	mu      sync.Mutex
	failed  int
	rest    time.Duration
	until   time.Time
	probing bool // after a rest one question goes out, alone
}

// allow tells whether to ask; each true must be followed by done or drop.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < failures {
		return true
	}
	if now.Before(b.until) || b.probing {
		return false
	}
	b.probing = true
	return true
}

// drop is the end of a question that nobody waited for.
func (b *breaker) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

func (b *breaker) done(ok bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if ok {
		b.failed, b.rest = 0, 0
		return
	}
	if b.failed++; b.failed >= failures && !now.Before(b.until) {
		b.rest = min(max(2*b.rest, firstRest), lastRest)
		b.until = now.Add(b.rest)
	}
}
