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
	// stands is how far sound must be ahead of a picture, beyond what is usual for the
	// source, until the picture is taken for one that stands, and not for one that is late.
	stands = 500 * time.Millisecond
	// mostLag is the most by which a source's pictures may usually lag behind its sound.
	mostLag = 1500 * time.Millisecond
	// mostStanding is for how long a picture may stand before the next sample of any track:
	// what that takes is packaged at once.
	mostStanding = 90 * time.Second
	// restatedBPS is the least bit rate, in bit/s, that restating may cost.
	restatedBPS = 1_000_000
)

// patience is how far sound may run ahead of the newest picture.
func (s *Stream) patience() media.Ticks {
	return s.lag + max(media.TicksOf(stands, media.VideoTimescale), s.frame*3/2)
}

// learnLag follows how far the leader's pictures usually lag behind the sound.
func (s *Stream) learnLag(picture media.Sample) {
	lag := min(max(s.heard-picture.PTS(), 0), media.TicksOf(mostLag, media.VideoTimescale))
	if lag > s.lag {
		s.lag = lag
		return
	}
	s.lag -= (s.lag - lag) / 64
}

// standBeside lets the picture stand while sound goes on: it has come up to a time on the
// grid.
func (s *Stream) standBeside(heard media.Ticks) {
	s.heard = max(s.heard, heard)
	if !s.lead.begun || s.leading.track.Kind() != media.Video {
		return
	}
	ahead := s.heard - s.patience()
	if ahead <= s.grid.horizon {
		return
	}
	if !s.leading.restatable() || s.lead.dropping || s.starved || s.leading.standsTooLong(ahead) {
		s.feedStarving()
		return
	}
	if s.standTo(ahead, 0) {
		s.grid.horizon = ahead
	}
}

// standBefore lets the picture stand until the next one, if that is later than parts or the
// segment allow.
func (s *Stream) standBefore(next media.Sample) {
	r := s.leading
	switch {
	case !r.restatable() || s.lead.dropping:
	case next.DTS-r.pending.DTS <= max(r.partLimit, s.frame) && next.DTS-s.lead.segmentStart < s.lead.longest:
	case !r.standsTooLong(next.DTS):
		s.standTo(next.DTS-1, next.DTS)
	case next.KeyFrame:
		s.lead.dropping = true // it begins a segment after a discontinuity
	default:
		s.leap(next.DTS)
	}
}

// restateBefore begins a segment with the pictures since the last keyframe where it would begin
// between keyframes only because pictures stood: it is decodable by itself then.
func (s *Stream) restateBefore(next media.Sample) {
	r, l := s.leading, &s.lead
	if next.KeyFrame || l.dropping || next.DTS-l.segmentStart+l.frame < l.longest || !r.restatable() {
		return
	}
	_, count := r.restating()
	if usual := media.Ticks(count) * s.frame; usual > l.longest || usual*10 > (next.DTS-l.lastKey)*9 {
		return
	}
	s.restate(max(next.DTS-media.Ticks(count), r.pending.DTS+1), true, true)
}

// standsTooLong reports whether the newest picture has stood for too long at a time.
func (r *Rendition) standsTooLong(at media.Ticks) bool {
	return at-r.pending.DTS > media.TicksOf(mostStanding, r.track.Timescale)
}

// leap leaves out the time up to the next picture, by a discontinuity.
func (s *Stream) leap(next media.Ticks) {
	_, count := s.leading.restating()
	at, before := next-media.Ticks(count), s.leading.showed
	s.grid.addStanding(at, before, true)
	b := s.grid.leap(s.leading.pending.DTS + s.frame)
	s.counters.Discontinuities++
	s.lead.beginAt(at)
	s.leading.restate(at, &b)
	for _, r := range s.Renditions() {
		if r != s.leading {
			s.standFollower(r)
		}
	}
}

// standTo restates the leader's picture wherever that is due up to a time. The next picture
// comes at next, if that isn't 0. It reports false if that would take too many bytes.
func (s *Stream) standTo(until, next media.Ticks) bool {
	for {
		at, cuts := s.nextRestatement(next)
		if at > until {
			return true
		}
		if !s.leading.restatable() {
			return false
		}
		s.restate(at, cuts, next > 0)
	}
}

// nextRestatement is when the leader's picture is restated if it stands for long enough, and
// whether that begins a segment.
func (s *Stream) nextRestatement(next media.Ticks) (at media.Ticks, cuts bool) {
	r, l := s.leading, &s.lead
	// When the part is full, or later if the pictures since the last keyframe are so large
	// or so many that more would have to be fetched or decoded than usual.
	at = r.pending.DTS + max(r.partLimit-r.partTicks, r.restatingTime())
	at = max(at, r.runs.newest+1, r.pending.PTS()+1)
	latest := max(l.segmentStart+l.longest-1, r.pending.DTS+1)
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
		return min(max(half, s.grid.horizon, r.pending.DTS+1), latest), true
	}
	return latest, true
}

// restate shows the picture that stands anew from a time on, in all renditions that have it;
// past, when the next one has come.
func (s *Stream) restate(at media.Ticks, cuts, past bool) {
	before := s.leading.showed
	if !cuts {
		s.leading.restate(at, nil)
		for _, r := range s.Renditions() {
			if r != s.leading && r.open != nil && r.open.MSN == s.leading.open.MSN && s.standsIn(r, before) && r.pending.DTS < at {
				r.restate(at, nil)
			}
		}
		return
	}
	b := s.grid.addStanding(at, before, past)
	s.lead.beginAt(at)
	s.leading.restate(at, &b)
	for _, r := range s.Renditions() {
		if r != s.leading {
			s.standFollower(r)
		}
	}
	s.fillLaggards(b)
}

// standsIn reports whether a rendition other than the leader has the picture that was shown
// before the one that stands, at least: FFmpeg may give out the last one with the next.
func (s *Stream) standsIn(r *Rendition, before media.Ticks) bool {
	return r.track.Kind() == media.Video && r.restatable() && !r.spoiled && r.shows >= before-s.frame/2
}

// standFollower cuts a rendition at the boundaries that the leader has set while the picture
// stood that is the newest one there.
func (s *Stream) standFollower(r *Rendition) {
	for {
		b, ok := s.grid.at(r.nextMSN())
		if !ok || !b.standing || !s.standsIn(r, b.before) || r.pending.DTS >= b.start {
			return
		}
		r.restate(b.start, &b)
	}
}

// restatable reports whether the newest picture can be shown anew.
func (r *Rendition) restatable() bool {
	if r.track.Kind() != media.Video || r.open == nil || r.pending == nil {
		return false
	}
	size, count := r.restating()
	return count > 0 && r.stream.restated.allows(size)
}

// restating is how many bytes and pictures it takes to show the newest one anew; 0 if that
// can't be done.
func (r *Rendition) restating() (size, count int) {
	size, count = len(r.pending.Payload), 1
	key := r.pending.KeyFrame
	for i := len(r.part) - 1; i >= 0 && !key; i-- {
		size, count, key = size+len(r.part[i].Payload), count+1, r.part[i].KeyFrame
	}
	if !key {
		size, count, key = size+r.group.size, count+len(r.group.samples), r.group.size > 0
	}
	if !key || size > maxGroupBytes || count > maxGroupPictures {
		return 0, 0
	}
	return size, count
}

// restatingTime is for how long the newest picture must stand so that neither the bit rate
// nor the frame rate grows when it is shown anew.
func (r *Rendition) restatingTime() media.Ticks {
	size, count := r.restating()
	rate := max(r.rates.average(), int64(r.track.BitrateBPS), restatedBPS)
	return max(media.Ticks(int64(size)*8*int64(r.track.Timescale)/rate), media.Ticks(count-1)*r.stream.frame)
}

// restate ends the newest picture at a time, and shows it anew from there on; with a boundary
// that begins the segment.
func (r *Rendition) restate(at media.Ticks, b *boundary) {
	last := *r.pending
	last.Duration = max(at-last.DTS, 1)
	if b != nil && b.discontinuity {
		last.Duration = max(r.nominal(), 1)
	}
	r.pending = nil
	r.take(last)
	r.closePart()
	again := r.group.again(at)
	r.stream.restated.spend(r.group.size)
	if b != nil {
		r.closeSegment()
		r.fresh = r.fresh || b.discontinuity
		r.openSegment(*b, again[0])
	}
	newest := len(again) - 1
	for _, s := range again[:newest] {
		r.take(s)
	}
	r.shown, r.pending = newest, &again[newest]
}

// notBefore moves a picture that comes after the time at which the one before it was
// restated: it is shown right after that.
func (r *Rendition) notBefore(s media.Sample) media.Sample {
	if p := r.pending; p != nil && s.DTS <= p.DTS {
		shown := max(s.PTS(), p.DTS+1)
		s.DTS = p.DTS + 1
		s.CompositionOffset = shown - s.DTS
	}
	return s
}

// pause is a time in which the leader had no picture, on the grid.
type pause struct{ from, to media.Ticks }

// maxPauses is how many of the last pauses are remembered, for renditions that are behind.
const maxPauses = 128

// notePause remembers a pause before a picture of the leader.
func (s *Stream) notePause(from, to media.Ticks) {
	if to-from <= s.frame*3/2 {
		return
	}
	if len(s.pauses) == maxPauses {
		s.pauses = append(s.pauses[:0], s.pauses[1:]...)
	}
	s.pauses = append(s.pauses, pause{from, to})
}

// paused is how much of a time the leader had no pictures.
func (s *Stream) paused(from, to media.Ticks) (length media.Ticks) {
	for _, p := range s.pauses {
		length += max(min(p.to, to)-max(p.from, from), 0)
	}
	return length
}
