package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// A source may send no picture for a while: a phone whose screen doesn't change, a slow
// camera, a slide show. Its last picture stands until the next one comes. Where parts and
// segments must end before that (RFC 8216bis §4.4.3.1, §4.4.4.9), the picture is restated:
// all pictures from the last keyframe on come once more, a tick each, and the last of them
// stands on. That is decodable by itself, shows the same picture, leaves the decoder as it
// was, and has no hole in its decode times (docs/adr/0019).

const (
	// standingAfter is how far sound must be ahead of a picture, beyond what is usual for the
	// source, until the picture is taken for one that stands, and not for one that is late.
	standingAfter = 500 * time.Millisecond
	// mostLag is the most by which a source's pictures may usually lag behind its sound.
	mostLag = 1500 * time.Millisecond
	// mostStanding is for how long a picture may stand before the next sample of any track:
	// what that takes is packaged at once.
	mostStanding = 90 * time.Second
	// restatedBPS is the least bit rate, in bit/s, that restating may cost.
	restatedBPS = 1_000_000
)

// soundReaches lets the picture stand while sound goes on: it has come up to a time on the
// grid.
func (s *segmenter) soundReaches(at media.Ticks) {
	pictures := &s.plan.pictures
	pictures.heard = max(pictures.heard, at)
	if !s.plan.lead.begun || !s.tracks.leading.isVideo() {
		return
	}
	s.followTarget()
	ahead := pictures.heard - pictures.tolerance()
	if ahead <= s.plan.grid.horizon {
		return
	}
	if !s.tracks.leading.isRestatable() || s.plan.lead.dropping || s.plan.videoStalled || s.tracks.leading.standsTooLong(ahead) {
		s.cutWithoutPicture()
		return
	}
	if s.restateUntil(ahead, 0) {
		s.plan.grid.horizon = ahead
	}
}

// restateUntilPicture lets the picture stand until the next one, if that is later than parts or
// the segment allow.
func (s *segmenter) restateUntilPicture(next media.Sample) {
	c, l := s.tracks.leading, &s.plan.lead
	switch {
	case !c.isRestatable() || l.dropping:
	case next.DTS-c.pending.DTS <= max(c.part.limit, s.plan.pictures.frame) && next.DTS-l.segmentStart < l.longest:
	case !c.standsTooLong(next.DTS):
		s.restateUntil(next.DTS-1, next.DTS)
	case next.KeyFrame:
		l.dropping = true // it begins a segment after a discontinuity
	default:
		s.skipPause(next.DTS)
	}
}

// restateAtCut begins a segment with the pictures since the last keyframe where it would begin
// between keyframes only because pictures stood: it is decodable by itself then.
func (s *segmenter) restateAtCut(next media.Sample) {
	c, l := s.tracks.leading, &s.plan.lead
	if next.KeyFrame || l.dropping || next.DTS-l.segmentStart+l.frame < l.longest || !c.isRestatable() {
		return
	}
	_, count := c.restatedSize()
	if usual := media.Ticks(count) * s.plan.pictures.frame; usual > l.longest || usual*10 > (next.DTS-l.lastKey)*9 {
		return
	}
	s.beginStanding(max(next.DTS-media.Ticks(count), c.pending.DTS+1), true)
}

// skipPause leaves out the time up to the next picture, by a discontinuity.
func (s *segmenter) skipPause(next media.Ticks) {
	_, count := s.tracks.leading.restatedSize()
	at, before := next-media.Ticks(count), s.tracks.leading.shown.before
	s.plan.grid.addStanding(at, before, true)
	b := s.plan.grid.markDiscontinuity(s.tracks.leading.pending.DTS + s.plan.pictures.frame)
	s.counters.Discontinuities++
	s.tracks.beginStanding(b)
}

// restateUntil restates the leader's picture wherever that is due up to a time. The next picture
// comes at next, if that isn't 0. It reports false if that would take too many bytes.
func (s *segmenter) restateUntil(until, next media.Ticks) bool {
	for {
		at, cuts := s.nextRestatement(next)
		if at > until {
			return true
		}
		if !s.tracks.leading.isRestatable() {
			return false
		}
		if cuts {
			s.beginStanding(at, next > 0)
		} else {
			s.tracks.restatePicture(at)
		}
	}
}

// nextRestatement is when the leader's picture is restated if it stands for long enough, and
// whether that begins a segment.
func (s *segmenter) nextRestatement(next media.Ticks) (at media.Ticks, cuts bool) {
	c, l := s.tracks.leading, &s.plan.lead
	// When the part is full, or later if the pictures since the last keyframe are so large
	// or so many that more would have to be fetched or decoded than usual.
	at = c.pending.DTS + max(c.part.limit-c.part.ticks, c.restatingTime())
	at = max(at, c.part.runs.newest+1, c.pending.PTS()+1)
	latest := max(l.segmentStart+l.longest-1, c.pending.DTS+1)
	if at < latest {
		return at, at-l.segmentStart+l.frame/2 >= l.shortest
	}
	switch end := l.segmentStart + l.longest; {
	case next == 0:
		return latest, true
	case next < end:
		return next, true // it can be cut there
	case next < end+l.shortest/2:
		// No short remainder; but sound that has come up to the horizon lies before it already.
		half := l.segmentStart + (next-l.segmentStart)/2
		return min(max(half, s.plan.grid.horizon, c.pending.DTS+1), latest), true
	}
	return latest, true
}

// beginStanding begins a segment with the picture that stands; past, when the next one has come.
func (s *segmenter) beginStanding(at media.Ticks, past bool) {
	b := s.plan.grid.addStanding(at, s.tracks.leading.shown.before, past)
	s.tracks.beginStanding(b)
	s.tracks.fillLagging(b)
}
