package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// placeSample hands a sample to its rendition; nil is that of sound which is only heard with the
// picture.
func (s *segmenter) placeSample(c *cutter, sample media.Sample) {
	if s.mux.isMuxed() && (c == nil || c.track.Kind() == media.Audio) {
		s.writeMuxedAudio(sample)
	}
	if c != nil && c.isVideo() {
		sample = c.alignment.align(sample, s.plan.pictures.frame)
		if c == s.tracks.leading {
			s.plan.pictures.learnLag(sample)
		}
	}
	switch {
	case c == nil:
	case c == s.tracks.leading && s.mux.isMuxed():
		s.mux.addPicture(sample)
		s.leadWithDue()
	case c == s.tracks.leading:
		s.leadWith(sample)
	case c.track.Kind() == media.Audio:
		s.counters.DroppedSamples += c.queue.addSample(sample)
		s.soundReaches(c.gridTime(sample.PTS()))
		s.releaseQueued(c)
	case s.mux.isMuxed():
		s.counters.DroppedSamples += c.queue.addSample(sample) // the leader may wait for its sound
		s.releaseQueued(c)
	default:
		s.followWith(c, sample)
	}
}

// writeMuxedAudio takes a sample of the sound, which goes into every rendition with a picture.
func (s *segmenter) writeMuxedAudio(sample media.Sample) {
	s.mux.addSound(sample)
	for _, c := range s.tracks.all {
		c.sound.addSample(sample)
	}
	s.leadWithDue()
	if len(s.mux.waiting) == 0 {
		s.soundReaches(s.mux.heard)
	}
}

// leadWithDue packages the pictures whose sound is there, and those that have waited for too
// long.
func (s *segmenter) leadWithDue() {
	due := s.mux.due()
	for _, picture := range due {
		s.leadWith(picture)
	}
	s.mux.removePictures(len(due))
}

// stalledAfter is how far sound may run ahead of a picture that has stopped.
const stalledAfter = 2 * time.Second

// cutWithoutPicture lets sound go on without a picture that can't be restated: sound sets the
// boundaries then, by time, and the picture is listed as gaps until it comes back.
func (s *segmenter) cutWithoutPicture() {
	g := &s.plan.grid
	ahead := s.plan.pictures.heard - media.TicksOf(stalledAfter, media.VideoTimescale)
	if ahead <= g.horizon {
		return
	}
	g.horizon = ahead
	shortest := media.TicksOf(s.cfg.SegmentDuration, media.VideoTimescale)
	if n := len(g.boundaries); n > 0 && ahead-g.boundaries[n-1].start >= shortest {
		s.plan.videoStalled = true
		s.tracks.fillLagging(g.addBoundary(ahead, false, 0))
	}
}

// leadWith cuts the leading rendition, and lets those that wait for it go on.
func (s *segmenter) leadWith(sample media.Sample) {
	c, g, lead := s.tracks.leading, &s.plan.grid, &s.plan.lead
	s.followTarget()
	if s.plan.videoStalled {
		lead.dropping = true // there are gaps before it
		if n := len(g.boundaries); n > 0 && c.gridTime(sample.PTS()) < g.boundaries[n-1].start {
			s.counters.DroppedSamples++ // it is late: the sound has set boundaries after it
			return
		}
	}
	if lead.begun && c.isVideo() {
		s.plan.pictures.notePause(lead.last, sample.DTS)
		s.plan.learnFrame(sample.DTS-lead.last, c.part.limit)
		s.restateUntilPicture(sample)
		s.restateAtCut(sample)
		sample = notBefore(c.pending, sample)
	}
	previousEnd := g.horizon
	if c.pending != nil {
		previousEnd = c.gridTime(c.pending.PTS()) + s.plan.pictures.frame
	}
	switch decision := lead.decideCut(sample, c.gridTime(sample.DTS) < g.horizon); decision {
	case drop:
		s.counters.DroppedSamples++
		return
	case noCut:
		c.addSample(sample, nil)
	default:
		discontinuity := s.resumed || s.plan.videoStalled || decision == newAfterGap
		b := g.addBoundary(c.gridTime(lead.presentationStart(sample)), discontinuity, previousEnd)
		s.resumed = false
		if b.discontinuity {
			s.counters.Discontinuities++
		}
		c.beginSegment(sample, b)
		s.plan.videoStalled = false
		s.tracks.fillLagging(b)
	}
	g.horizon = max(g.horizon, c.gridTime(sample.DTS))
	for _, other := range s.tracks.all {
		if len(other.queue) > 0 {
			s.releaseQueued(other)
		}
	}
}

// releaseQueued passes on queued samples that no boundary can come before any more.
func (s *segmenter) releaseQueued(c *cutter) {
	n := 0
	for n < len(c.queue) && c.gridTime(c.queue[n].PTS()) <= s.plan.grid.horizon {
		s.followWith(c, c.queue[n])
		n++
	}
	c.queue.removeSamples(n)
}

// followWith cuts a rendition where the leader was cut.
func (s *segmenter) followWith(c *cutter, sample media.Sample) {
	pts := c.gridTime(sample.PTS())
	video := c.isVideo()
	tolerance := media.Ticks(0)
	if video {
		tolerance = s.plan.pictures.frame / 2
		c.restateAtBoundaries()
		if c.lacksPictures(sample) {
			c.invalidateSegment()
		}
		sample = notBefore(c.pending, sample)
		pts = c.gridTime(sample.PTS())
		defer c.restateAtBoundaries()
	}
	next := c.nextMSN()
	b, found := s.plan.grid.latestBoundary(next, pts+tolerance)
	switch {
	case !found && c.open.segment != nil && !c.open.invalid && !s.plan.isBeyond(next, c.open.segment.Start, pts):
		c.addSample(sample, nil)
	case !found:
		s.counters.DroppedSamples++
	case !video, pts <= b.start+tolerance && (sample.KeyFrame || (c.open.segment != nil && b.msn == next)):
		c.beginSegment(sample, b)
	default:
		// A boundary went by without the frame that stands on it: begin anew at one
		// that has a keyframe.
		c.endSamples()
		s.counters.DroppedSamples++
	}
}
