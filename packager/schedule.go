package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// schedule is when segments begin and end, the same for all renditions of a stream. The
// segmenter sets it from the samples of the leading rendition; cutters ask it.
type schedule struct {
	clock        media.Clock
	grid         grid
	lead         leader
	pictures     pictureTiming
	restated     restateBudget
	segment      time.Duration // hls.segment_duration
	settled      bool          // the first group of pictures has been seen
	videoStalled bool          // sound goes on without picture, and sets the boundaries
}

// programDateTime is the wall-clock time of a time on the grid.
func (p *schedule) programDateTime(at media.Ticks) time.Time {
	return p.clock.ProgramDateTime(at, media.VideoTimescale)
}

// startLeader makes the rule anew by which the leading track is cut: to segments of at most
// longest, in ticks of the track. frame is its usual sample's duration.
func (p *schedule) startLeader(t media.Track, keyInterval time.Duration, longest media.Ticks) {
	scale, frame := t.Timescale, p.pictures.frame
	p.pictures.step = frame
	if t.Kind() == media.Audio {
		frame = t.FrameSamples
	}
	p.lead = leader{
		kind: t.Kind(), scale: scale, frame: frame, mean: frame,
		shortest: media.TicksOf(p.segment, scale), longest: longest,
		keyInterval: media.TicksOf(keyInterval, scale), interval: media.TicksOf(keyInterval, scale),
	}
}

// expectedEnd is where a segment ends: where the next one begins if that is known, else
// where the leader expects it.
func (p *schedule) expectedEnd(msn int64) (media.Ticks, bool) {
	if next, ok := p.grid.boundaryOf(msn + 1); ok {
		if next.discontinuity {
			return next.previousEnd, true
		}
		return next.start, true
	}
	b, ok := p.grid.boundaryOf(msn)
	return b.start + media.Rescale(p.lead.expected, p.lead.scale, media.VideoTimescale), ok && p.lead.expected > 0
}

// endOf is where the segment ends that begins at b, on the grid: where the next one begins if it
// goes on from there, else where the leader's does.
func (p *schedule) endOf(b boundary) media.Ticks {
	if after, ok := p.grid.boundaryOf(b.msn + 1); ok && !after.discontinuity {
		return after.start
	}
	if own, ok := p.grid.boundaryOf(b.msn); ok {
		b = own
	}
	if b.length > 0 {
		return b.start + b.length
	}
	return b.start + media.TicksOf(p.segment, media.VideoTimescale)
}

// goesOn reports whether the segment after msn is known to begin where msn ends.
func (p *schedule) goesOn(msn int64) bool {
	next, known := p.grid.boundaryOf(msn + 1)
	return known && !next.discontinuity
}

// usualFrame is the usual distance of a track's samples, and its timescale.
func (p *schedule) usualFrame(t media.Track) (media.Ticks, media.Timescale) {
	if t.Kind() != media.Audio {
		return p.pictures.frame, media.VideoTimescale
	}
	if t.FrameSamples == 0 {
		return media.TicksOf(20*time.Millisecond, t.Timescale), t.Timescale // Opus as everybody sends it
	}
	return t.FrameSamples, t.Timescale
}

// isBeyond reports whether a time would make the open segment too long that begins at start, and
// that segment msn follows: it lies in the hole before a discontinuity, or the leader waits for a
// keyframe after one.
func (p *schedule) isBeyond(msn int64, start, at media.Ticks) bool {
	if b, ok := p.grid.boundaryOf(msn); ok {
		return b.discontinuity && at >= b.previousEnd
	}
	return at-start > media.Rescale(p.lead.longest, p.lead.scale, media.VideoTimescale)
}

// learnFrame follows the frame rate. No part of the leader is longer than longest.
func (p *schedule) learnFrame(step, longest media.Ticks) {
	frame := p.pictures.learnFrame(step, longest)
	if max(frame-p.lead.frame, p.lead.frame-frame) > p.lead.frame/32 { // more than rounded timestamps explain
		p.lead.frame = frame
	}
}
