package live

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// idleTakeover is after how long without data a publisher may be replaced.
	idleTakeover = 2 * time.Second
	// shortestWatch is for how long a new publisher looks whether something comes from a
	// silent one, where samples are buffered: when they were written does not tell.
	shortestWatch = 500 * time.Millisecond
	// pollInterval is how often it looks.
	pollInterval = 50 * time.Millisecond
	// handoverTimeout is how long a new publisher waits for the old one to be gone.
	handoverTimeout = 3 * time.Second
)

// yieldTo waits for the publication to end, so that a new publisher can have the stream.
// It reports false as soon as the present one is heard. One that stays silent is told to
// go: an encoder that was killed, or has lost its network, comes back sooner than its old
// connection is given up.
func (p *publication) yieldTo(ctx context.Context) bool {
	last, since := p.activity(), time.Unix(0, p.lastData.Load())
	if p.request.Received != nil {
		since = later(since, time.Now().Add(shortestWatch-idleTakeover))
	}
	for !p.closing.Load() {
		rest := idleTakeover - time.Since(since)
		if rest <= 0 {
			p.request.Kick(ingest.ErrSuperseded)
			break
		}
		select {
		case <-p.done:
		case <-time.After(min(rest, pollInterval)):
		case <-ctx.Done():
			return false
		}
		if p.activity() != last {
			return false
		}
	}
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// activity changes when something comes from the publisher. Samples tell that too late where
// they wait in a buffer first: they go on coming after the publisher has gone.
func (p *publication) activity() uint64 {
	if p.request.Received != nil {
		return p.request.Received()
	}
	return uint64(p.lastData.Load())
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
