package live

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// idleLimit is after how long without data a publisher may be replaced.
	idleLimit = 2 * time.Second
	// observedAtLeast is for how long a new publisher looks whether something comes from a
	// silent one, where samples are buffered: when they were written does not tell.
	observedAtLeast = 500 * time.Millisecond
	// glance is how often it looks.
	glance = 50 * time.Millisecond
	// handover is how long a new publisher waits for the old one to be gone.
	handover = 3 * time.Second
)

// giveWay waits for the publication to end, so that a new publisher can have the stream.
// It reports false as soon as the present one is heard. One that stays silent is told to
// go: an encoder that was killed, or has lost its network, comes back sooner than its old
// connection is given up.
func (p *publication) giveWay(ctx context.Context) bool {
	last, since := p.sign(), time.Unix(0, p.heard.Load())
	if p.request.Received != nil {
		since = later(since, time.Now().Add(observedAtLeast-idleLimit))
	}
	for !p.closing.Load() {
		rest := idleLimit - time.Since(since)
		if rest <= 0 {
			p.request.Kick(ingest.ErrSuperseded)
			break
		}
		select {
		case <-p.done:
		case <-time.After(min(rest, glance)):
		case <-ctx.Done():
			return false
		}
		if p.sign() != last {
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

// sign changes when something comes from the publisher. Samples tell that too late where
// they wait in a buffer first: they go on coming after the publisher has gone.
func (p *publication) sign() uint64 {
	if p.request.Received != nil {
		return p.request.Received()
	}
	return uint64(p.heard.Load())
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
