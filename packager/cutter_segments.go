package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// closePart makes a chunk of the samples gathered and hands it over.
func (c *cutter) closePart() {
	p, s := &c.part, c.open.segment
	if len(p.samples) == 0 || s == nil {
		return
	}
	c.sequence++
	end := s.Start + c.gridTime(c.open.ticks+p.ticks)
	sound := c.sound.samplesBefore(end)
	chunk := cmaf.Chunk{
		Sequence: c.sequence, Runs: [][]media.Sample{p.samples, sound}, ID3: c.tags.takeBefore(end),
		Producer: c.plan.clock.ProgramDateTime(p.samples[0].DTS, c.track.Timescale),
	}.Marshal()
	part := Part{
		Duration:    p.ticks.Duration(c.track.Timescale),
		Independent: p.samples[0].KeyFrame, Size: len(chunk),
	}
	if s.Size == 0 && part.Independent {
		s.KeyFrame = KeyFrame{
			End: len(chunk) - cmaf.PayloadSize(p.samples[1:]) - cmaf.PayloadSize(sound), Size: len(p.samples[0].Payload),
		}
	}
	c.list.addPart(part, chunk)
	c.open.ticks += p.ticks
	if c.isVideo() {
		end := len(chunk) - cmaf.PayloadSize(sound)
		c.group.addPictures(p.samples, chunk[end-cmaf.PayloadSize(p.samples):end])
	}
	c.part.clear() // payloads were copied
	c.sound.removeSamples(len(sound))
}

// oneFrame is more than any audio frame that is in use: what sound may lack at a
// segment's ends without anybody calling it incomplete.
const oneFrame = 30 * time.Millisecond

// openSegment begins segment b with a sample. Sound is dated by when it begins, which
// is up to a frame after the boundary, and more where it had fallen silent: one
// mapping of media time to program date time holds in all renditions.
func (c *cutter) openSegment(b boundary, first media.Sample) {
	start := b.start
	if c.track.Kind() == media.Audio {
		start = c.gridTime(first.PTS())
	}
	c.open = openSegment{segment: &Segment{Entry: Entry{
		MSN: b.msn, Epoch: c.epoch, Discontinuity: b.discontinuity,
		ProgramDateTime: c.plan.programDateTime(start),
		Start:           start, Discontinuities: b.discontinuities,
		Lag: (start - b.start).Duration(media.VideoTimescale),
	}}}
	c.part.runs.beginSegment()
	if c.fresh {
		c.sound.removeSamplesBefore(start)
		c.fresh = false
	}
	c.list.openSegment(c.open.segment)
}

// closeSegment ends the open segment with what has been gathered.
func (c *cutter) closeSegment() {
	if c.open.segment == nil {
		return
	}
	c.closePart()
	s := c.open.segment
	s.Duration = c.open.ticks.Duration(c.track.Timescale)
	c.open = openSegment{}
	if full, complete := c.isComplete(s); s.PartCount() == 0 || !complete {
		s.Gap, s.Duration = true, full
		s.index.Store(nil) // nobody should play the beginning of something
	} else {
		s.Dependent = !s.parts()[0].Independent
	}
	c.noteLast(s)
	c.lists.closeSegment(c.list, s, c.leads || c.plan.videoStalled)
	if c.leads && !c.plan.videoStalled {
		c.lists.considerGeneration(c.list, c.plan.pictures.frame, c.plan.lead.longestKeyInterval())
	}
}

// noteLast remembers the last segment that was handed over.
func (c *cutter) noteLast(s *Segment) {
	c.last = lastSegment{s.MSN, s.end()}
	if c.leads {
		c.plan.grid.setLength(s.MSN, media.TicksOf(s.Duration, media.VideoTimescale))
	}
}

// isComplete reports whether a segment that is being closed lasts until the boundary from
// which the programme goes on, and how long that is. A frame, or one of sound, may be
// missing.
func (c *cutter) isComplete(s *Segment) (full time.Duration, complete bool) {
	full = (c.plan.endOf(boundary{msn: s.MSN, start: s.Start}) - s.Start).Duration(media.VideoTimescale)
	if !c.plan.goesOn(s.MSN) || (c.leads && !c.plan.videoStalled) {
		return full, true
	}
	return full, full-s.Duration <= max(oneFrame, c.plan.pictures.frameTime()*3/2)
}

// fillGap lists a segment that this rendition did not produce.
func (c *cutter) fillGap(b boundary) {
	s := &Segment{Entry: Entry{
		MSN: b.msn, Epoch: c.epoch, Gap: true, Discontinuity: b.discontinuity,
		ProgramDateTime: c.plan.programDateTime(b.start),
		Start:           b.start, Discontinuities: b.discontinuities,
	}}
	end := c.plan.programDateTime(c.plan.endOf(b))
	// It begins where the one before ended, which may be a frame off the grid.
	if !c.last.end.IsZero() && !b.discontinuity && c.last.end.Before(end) {
		s.ProgramDateTime = c.last.end
	}
	s.Duration = max(end.Sub(s.ProgramDateTime), time.Millisecond)
	c.noteLast(s)
	c.lists.addGap(c.list, s)
}

// fillUpTo lists gaps for the segments before msn that the rendition lacks. One
// that never had any begins later instead: playlists don't begin with gaps,
// which some players reject.
func (c *cutter) fillUpTo(msn int64) {
	for next := c.nextMSN(); next >= 0 && next < msn; next++ {
		b, ok := c.plan.grid.boundaryOf(next)
		if !ok {
			return
		}
		c.fillGap(b)
	}
}

// beginSegment begins segment b with the sample, after marking what the rendition missed as
// gaps.
func (c *cutter) beginSegment(sample media.Sample, b boundary) {
	if next := c.nextMSN(); next >= 0 && (next < b.msn || c.open.invalid) {
		c.endSamples()
		c.fillUpTo(b.msn)
	}
	c.addSample(sample, &b)
}

// lacksPictures reports whether a rendition lacks pictures before this one that the leader
// had: its worker was restarted, or lost some.
func (c *cutter) lacksPictures(sample media.Sample) bool {
	if c.open.segment == nil || c.pending == nil || c.open.invalid {
		return false
	}
	longest := max(c.part.limit, 2*c.plan.pictures.frame)
	hole := sample.DTS - c.pending.DTS
	return hole > longest && hole-c.plan.pictures.pausedTime(c.pending.DTS, sample.DTS) > longest
}
