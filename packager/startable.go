package packager

import (
	"context"
	"time"
)

// AwaitStartable waits until a player that arrives now begins within the newest
// epoch in every rendition, or ctx ends. It returns at once unless an epoch
// has begun a moment ago.
//
// Players start PART-HOLD-BACK from the live edge. Right after a discontinuity that is
// before it, and not in all renditions alike: hls.js may then fetch its first picture
// from before the discontinuity and its first sound from after it, and waits for ever.
func (p *published) AwaitStartable(ctx context.Context) {
	for ctx.Err() == nil {
		newest := p.newestDiscontinuity()
		r, snap := p.laggingRendition(newest)
		if r == nil {
			return
		}
		r.AwaitNext(ctx, snap)
	}
}

// newestDiscontinuity is the discontinuity sequence number at the live edge: that of the
// epoch that has begun, if nothing of it is listed yet.
func (p *published) newestDiscontinuity() (newest int64) {
	for _, r := range p.Renditions() {
		newest = max(newest, r.Snapshot().edgeDiscontinuity())
	}
	return max(newest, p.awaited.Load())
}

// laggingRendition is a rendition that players may begin with, but not within the stretch of that
// discontinuity sequence number; nil: there is none.
func (p *published) laggingRendition(discontinuity int64) (*Rendition, *Snapshot) {
	for _, r := range p.Renditions() {
		snap := r.Snapshot()
		if !snap.Empty() && !snap.Ended && !snap.halted && !snap.isStartable(discontinuity) {
			return r, snap
		}
	}
	return nil, nil
}

// lookupTolerance is how much before the end of a segment hls.js takes for its end
// (maxFragLookUpTolerance).
const lookupTolerance = 250 * time.Millisecond

// isStartable reports whether so much is listed since the discontinuity that players begin
// after it.
func (s *Snapshot) isStartable(discontinuity int64) bool {
	if s.edgeDiscontinuity() < discontinuity {
		return false
	}
	wanted := s.header.PartHoldBack + lookupTolerance
	for _, p := range s.openParts {
		wanted -= p.Duration
	}
	if s.open != nil && s.open.Discontinuity && len(s.openParts) > 0 {
		return wanted <= 0
	}
	for i := len(s.closed) - 1; i >= 0 && wanted > 0; i-- {
		wanted -= s.closed[i].Duration
		if s.closed[i].Discontinuity {
			return wanted <= 0
		}
	}
	return true
}

// edgeDiscontinuity is the discontinuity sequence number of the last part.
func (s *Snapshot) edgeDiscontinuity() int64 {
	last := s.open
	if len(s.openParts) == 0 {
		if s.Empty() {
			return 0
		}
		last = s.closed[len(s.closed)-1]
	}
	if last.Discontinuity {
		return last.Discontinuities + 1
	}
	return last.Discontinuities
}
