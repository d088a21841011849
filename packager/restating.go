package packager

import "github.com/globalfandom/lightstick/media"

// isRestatable reports whether the newest picture can be shown anew.
func (c *cutter) isRestatable() bool {
	if !c.isVideo() || c.open.segment == nil || c.pending == nil {
		return false
	}
	size, count := c.restatedSize()
	return count > 0 && c.plan.restated.allows(size)
}

// restatedSize is how many bytes and pictures it takes to show the newest one anew; 0 if that
// can't be done.
func (c *cutter) restatedSize() (size, count int) {
	size, count = len(c.pending.Payload), 1
	key, part := c.pending.KeyFrame, c.part.samples
	for i := len(part) - 1; i >= 0 && !key; i-- {
		size, count, key = size+len(part[i].Payload), count+1, part[i].KeyFrame
	}
	if !key {
		size, count, key = size+c.group.size, count+len(c.group.samples), c.group.size > 0
	}
	if !key || size > maxGroupBytes || count > maxGroupPictures {
		return 0, 0
	}
	return size, count
}

// restatingTime is for how long the newest picture must stand so that neither the bit rate
// nor the frame rate grows when it is shown anew.
func (c *cutter) restatingTime() media.Ticks {
	size, count := c.restatedSize()
	rate := max(c.list.rates.average(), int64(c.track.BitrateBPS), restatedBPS)
	return max(media.Ticks(int64(size)*8*int64(c.track.Timescale)/rate), media.Ticks(count-1)*c.plan.pictures.frame)
}

// standsTooLong reports whether the newest picture has stood for too long at a time.
func (c *cutter) standsTooLong(at media.Ticks) bool {
	return at-c.pending.DTS > media.TicksOf(mostStanding, c.track.Timescale)
}

// hasStanding reports whether a rendition other than the leader has the picture that was shown
// before the one that stands, at least: FFmpeg may give out the last one with the next.
func (c *cutter) hasStanding(before media.Ticks) bool {
	return c.isVideo() && c.isRestatable() && !c.open.invalid && c.shown.newest >= before-c.plan.pictures.frame/2
}

// restatePicture ends the newest picture at a time, and shows it anew from there on; with a
// boundary that begins the segment.
func (c *cutter) restatePicture(at media.Ticks, b *boundary) {
	last := *c.pending
	last.Duration = max(at-last.DTS, 1)
	if b != nil && b.discontinuity {
		last.Duration = max(c.usualDuration(), 1)
	}
	c.pending = nil
	c.appendSample(last)
	c.closePart()
	again := c.group.repeatFrom(at)
	c.plan.restated.spendBytes(c.group.size)
	if b != nil {
		c.closeSegment()
		c.fresh = c.fresh || b.discontinuity
		c.openSegment(*b, again[0])
	}
	newest := len(again) - 1
	for _, s := range again[:newest] {
		c.appendSample(s)
	}
	c.part.repeated, c.pending = newest, &again[newest]
}

// restateAtBoundaries cuts the rendition at the boundaries that the leader has set while the
// picture stood that is the newest one there.
func (c *cutter) restateAtBoundaries() {
	for {
		b, ok := c.plan.grid.boundaryOf(c.nextMSN())
		if !ok || !b.standing || !c.hasStanding(b.before) || c.pending.DTS >= b.start {
			return
		}
		c.restatePicture(b.start, &b)
	}
}

// notBefore moves a picture that comes after the time at which the one before it was
// restated: it is shown right after that.
func notBefore(previous *media.Sample, s media.Sample) media.Sample {
	if previous != nil && s.DTS <= previous.DTS {
		shown := max(s.PTS(), previous.DTS+1)
		s.DTS = previous.DTS + 1
		s.CompositionOffset = shown - s.DTS
	}
	return s
}
