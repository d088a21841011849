package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// maxHeld bounds the samples that wait for a stalled picture: about 20 s of AAC.
const maxHeld = 1000

// route hands a sample to its rendition; nil is that of sound which is only heard
// with the picture. The mutex is held, as in all below.
func (s *Stream) route(r *Rendition, sample media.Sample) {
	s.place(r, sample)
	s.publishDirty()
}

// place puts a sample where it belongs.
func (s *Stream) place(r *Rendition, sample media.Sample) {
	if s.muxed() && (r == nil || r.track.Kind() == media.Audio) {
		s.listen(sample)
	}
	if r != nil && r.track.Kind() == media.Video {
		sample = r.alignment.align(sample, s.frame)
		if r == s.leading {
			s.learnLag(sample)
		}
	}
	switch {
	case r == nil:
	case r == s.leading && s.muxed():
		s.leadMuxed(sample)
	case r == s.leading:
		s.leadWith(r, sample)
	case r.track.Kind() == media.Audio:
		s.hold(r, sample)
		s.standBeside(r.grid(sample.PTS()))
		s.release(r)
	case s.muxed():
		s.hold(r, sample) // the leader may wait for its sound
		s.release(r)
	default:
		s.follow(r, sample)
	}
}

// hold keeps a sample that may have come before the picture that begins the next
// segment: it waits until the leader can't set a boundary before it any more.
func (s *Stream) hold(r *Rendition, sample media.Sample) {
	if len(r.held) == maxHeld {
		r.held = r.held[1:]
		s.counters.DroppedSamples++
	}
	r.held = append(r.held, sample)
}

// starvation is how far sound may run ahead of a picture that has stopped.
const starvation = 2 * time.Second

// feedStarving lets sound go on without a picture that can't be restated: sound sets the
// boundaries then, by time, and the picture is listed as gaps until it comes back.
func (s *Stream) feedStarving() {
	ahead := s.heard - media.TicksOf(starvation, media.VideoTimescale)
	if ahead <= s.grid.horizon {
		return
	}
	s.grid.horizon = ahead
	shortest := media.TicksOf(s.cfg.SegmentDuration, media.VideoTimescale)
	if n := len(s.grid.boundaries); n > 0 && ahead-s.grid.boundaries[n-1].start >= shortest {
		s.starved = true
		s.fillLaggards(s.grid.add(ahead, false, 0))
	}
}

// leadWith cuts the leading rendition, and lets those that wait for it go on.
func (s *Stream) leadWith(r *Rendition, sample media.Sample) {
	if s.starved {
		s.lead.dropping = true // there are gaps before it
		if n := len(s.grid.boundaries); n > 0 && r.grid(sample.PTS()) < s.grid.boundaries[n-1].start {
			s.counters.DroppedSamples++ // it is late: the sound has set boundaries after it
			return
		}
	}
	if s.lead.begun && r.track.Kind() == media.Video {
		s.notePause(s.lead.last, sample.DTS)
		s.learnFrame(sample.DTS - s.lead.last)
		s.standBefore(sample)
		s.restateBefore(sample)
		sample = r.notBefore(sample)
	}
	previousEnd := s.grid.horizon
	if r.pending != nil {
		previousEnd = r.grid(r.pending.PTS()) + s.frame
	}
	decision := s.lead.decide(sample, r.grid(sample.DTS) < s.grid.horizon)
	switch decision {
	case drop:
		s.counters.DroppedSamples++
		return
	case noCut:
		r.push(sample, nil)
	default:
		b := s.grid.add(r.grid(s.lead.start(sample)), s.resumed || s.starved || decision == newAfterGap, previousEnd)
		s.resumed = false
		if b.discontinuity {
			s.counters.Discontinuities++
		}
		s.cutAt(r, sample, b)
		s.starved = false
		s.fillLaggards(b)
	}
	s.grid.horizon = max(s.grid.horizon, r.grid(sample.DTS))
	for _, other := range s.Renditions() {
		if len(other.held) > 0 {
			s.release(other)
		}
	}
}

// learnFrame follows the frame rate slowly. A step that is unlike the one before, or longer
// than a part, is a pause: it says nothing about the rate.
func (s *Stream) learnFrame(step media.Ticks) {
	alike := max(step-s.step, s.step-step) <= s.step/4
	if step > 0 && alike && step <= max(s.leading.partLimit, s.frame) {
		s.frame += (step - s.frame) / 16
		if max(s.frame-s.lead.frame, s.lead.frame-s.frame) > s.lead.frame/32 { // more than rounded timestamps explain
			s.lead.frame = s.frame
		}
	}
	s.step = step
}

// release passes on held samples that no boundary can come before any more.
func (s *Stream) release(r *Rendition) {
	n := 0
	for n < len(r.held) && r.grid(r.held[n].PTS()) <= s.grid.horizon {
		s.follow(r, r.held[n])
		n++
	}
	r.held = append(r.held[:0], r.held[n:]...)
}

// follow cuts a rendition where the leader was cut.
func (s *Stream) follow(r *Rendition, sample media.Sample) {
	pts := r.grid(sample.PTS())
	video := r.track.Kind() == media.Video
	if video {
		s.standFollower(r)
		if s.missed(r, sample) {
			r.spoil()
		}
		sample = r.notBefore(sample)
		pts = r.grid(sample.PTS())
		defer s.standFollower(r)
	}
	tolerance := media.Ticks(0)
	if video {
		tolerance = s.frame / 2
	}
	next := r.nextMSN()
	b, found := s.grid.latestFor(next, pts+tolerance)
	switch {
	case !found && r.open != nil && !r.spoiled && !s.beyond(r, next, pts):
		r.push(sample, nil)
	case !found:
		s.counters.DroppedSamples++
	case !video, pts <= b.start+tolerance && (sample.KeyFrame || (r.open != nil && b.msn == next)):
		s.cutAt(r, sample, b)
	default:
		// A boundary went by without the frame that stands on it: begin anew at one
		// that has a keyframe.
		r.flush()
		s.counters.DroppedSamples++
	}
}

// missed reports whether a rendition lacks pictures before this one that the leader
// had: its worker was restarted, or lost some.
func (s *Stream) missed(r *Rendition, sample media.Sample) bool {
	if r.open == nil || r.pending == nil || r.spoiled {
		return false
	}
	hole := sample.DTS - r.pending.DTS
	if hole <= max(r.partLimit, 2*s.frame) {
		return false
	}
	return hole-s.paused(r.pending.DTS, sample.DTS) > max(r.partLimit, 2*s.frame)
}

// beyond reports whether pts would make the segment before msn too long: it lies in the
// hole before a discontinuity, or the leader waits for a keyframe after one.
func (s *Stream) beyond(r *Rendition, msn int64, pts media.Ticks) bool {
	if b, ok := s.grid.at(msn); ok {
		return b.discontinuity && pts >= b.previousEnd
	}
	return pts-r.open.Start > media.Rescale(s.lead.longest, s.lead.scale, media.VideoTimescale)
}

// cutAt begins segment b of a rendition with the sample, after marking what it
// missed as gaps.
func (s *Stream) cutAt(r *Rendition, sample media.Sample, b boundary) {
	if next := r.nextMSN(); next >= 0 && (next < b.msn || r.spoiled) {
		r.flush()
		s.fillUpTo(r, b.msn)
	}
	r.push(sample, &b)
}

// fillUpTo lists gaps for the segments before msn that a rendition lacks. One
// that never had any begins later instead: playlists don't begin with gaps,
// which some players reject.
func (s *Stream) fillUpTo(r *Rendition, msn int64) {
	for next := r.nextMSN(); next >= 0 && next < msn; next++ {
		b, ok := s.grid.at(next)
		if !ok {
			return
		}
		r.fillGap(b, s.endOf(b))
	}
}

// endOf is where segment b ends, on the grid: where the next one begins if it goes on
// from there, else where the leader's does.
func (s *Stream) endOf(b boundary) media.Ticks {
	if after, ok := s.grid.at(b.msn + 1); ok && !after.discontinuity {
		return after.start
	}
	if own, ok := s.grid.at(b.msn); ok {
		b = own
	}
	w := &s.leading.window
	for i := len(w.closed) - 1; i >= 0 && w.closed[i].MSN >= b.msn; i-- {
		if led := w.closed[i]; led.MSN == b.msn {
			return b.start + media.TicksOf(led.Duration, media.VideoTimescale)
		}
	}
	return b.start + media.TicksOf(s.cfg.SegmentDuration, media.VideoTimescale)
}

// fillLaggards marks gaps in renditions that are two segments behind: their
// worker is dead or too slow, and their viewers should not wait for it.
func (s *Stream) fillLaggards(b boundary) {
	for _, r := range s.Renditions() {
		if (r == s.leading && !s.starved) || r.nextMSN() < 0 || s.grid.passed(r.nextMSN(), b.msn) < 2 {
			continue
		}
		r.flush()
		s.fillUpTo(r, b.msn-1)
	}
}
