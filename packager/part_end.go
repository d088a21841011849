package packager

import "github.com/globalfandom/lightstick/media"

// partEnds reports whether the part being built ends before the sample that is pending.
func (c *cutter) partEnds() bool {
	p, frame := &c.part, c.usualDuration()
	if len(p.samples) == 0 || frame <= 0 {
		return false
	}
	slack := media.TicksOf(rounding, c.track.Timescale)
	if p.ticks+frame-slack > p.limit {
		return true
	}
	if c.open.segment == nil {
		return false
	}
	rule := newPartRule(p.limit, frame, slack, p.runs.longestExpected())
	if c.track.Kind() == media.Audio {
		rule = newPartRule(p.limit, frame, 0, 1) // frames of sound are exact
		rule.tail = min(rule.tail+1, rule.most)  // one may be missing: see remainingFrames
	}
	n := min(len(p.samples), rule.most-1) // there may be more, when they are shorter than usual
	if p.repeated > 0 {
		n = min(n, int(p.ticks/frame))
	}
	first := c.open.ticks == 0 && p.samples[0].KeyFrame
	if n < rule.least && !first {
		return false
	}
	return rule.ends(n, c.remainingFrames(frame), first, p.runs.isWhole(*c.pending))
}

// remainingFrames is how many frames the open segment is expected to have after the part being
// built; 0 if nobody knows.
func (c *cutter) remainingFrames(frame media.Ticks) int {
	end, known := c.plan.expectedEnd(c.open.segment.MSN)
	at := c.open.segment.Start + c.gridTime(c.open.ticks+c.part.ticks)
	if !known || at >= end {
		return 0
	}
	left := media.Rescale(end-at, media.VideoTimescale, c.track.Timescale)
	if mean := c.plan.lead.mean; c.isVideo() && mean > 0 {
		return int((left + mean/2) / mean) // the end is a frame's beginning
	}
	// Sound has one frame more or less by where a boundary falls: too few would leave a last
	// part of one.
	return int((left + media.TicksOf(rounding, c.track.Timescale) + frame - 1) / frame)
}
