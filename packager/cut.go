package packager

import (
	"bytes"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// begin takes up a track of a publication, and the sound that travels with it, if
// its codec isn't 0. Stream.mu is held, as in all below.
func (r *Rendition) begin(publication string, t, sound media.Track) error {
	tracks := []media.Track{t}
	if sound.Codec != 0 {
		tracks = append(tracks, sound)
	}
	init, err := cmaf.Init(tracks...)
	if err != nil {
		return err
	}
	r.lookup.Lock()
	// A restarted encoder may come back with other parameter sets: nothing that
	// was published under a name may change, so the name does.
	for had, ok := r.inits[publication]; ok && !bytes.Equal(had.Section, init); had, ok = r.inits[publication] {
		publication += "x"
	}
	if old := r.publication; old != publication && r.uses[old] == 0 {
		delete(r.inits, old) // nothing came of it
	}
	made := Init{Publication: publication, Track: t, Sound: sound, Section: init}
	r.inits[publication] = made
	r.lookup.Unlock()
	if r.open != nil && r.publication != publication {
		r.flush() // what comes begins a segment of its own, under its own EXT-X-MAP
		r.stream.publishDirty()
	}
	if r.publication != publication {
		r.alignment.begin()
	}
	r.track, r.publication = t, publication
	r.sound.begin(sound, r.stream.mux.recent)
	r.kind.Store(int32(t.Kind()))
	r.fixPartTarget()
	rec := r.stream.recorder
	r.stream.outbox.add(func() { rec.Init(r.name, made) })
	return nil
}

// fixPartTarget chooses PART-TARGET once, when the frame duration is known.
func (r *Rendition) fixPartTarget() {
	frame, scale := r.stream.frame, media.VideoTimescale
	if r.track.Kind() == media.Audio {
		frame, scale = r.track.FrameSamples, r.track.Timescale
		if frame == 0 {
			frame = media.TicksOf(20*time.Millisecond, scale) // Opus as everybody sends it
		}
	}
	if r.partTarget == 0 && frame > 0 && r.stream.settled {
		r.partTarget = partTarget(r.stream.partFrames(frame, scale), frame, scale)
	}
	r.partLimit = media.TicksOf(r.partTarget, r.track.Timescale)
}

// partFrames is how many frames make the longest part of a rendition. The leader's first
// PART-TARGET is the limit of all others: PART-HOLD-BACK follows from it, and stands.
func (s *Stream) partFrames(frame media.Ticks, scale media.Timescale) int {
	switch {
	case s.longestPart > 0:
		frames := framesWithin(s.longestPart, frame, scale)
		if frames > 1 && partTarget(frames, frame, scale) > s.longestPart {
			frames--
		}
		return frames
	case s.probe == nil:
		return framesWithin(s.cfg.PartDuration, frame, scale)
	}
	segment := 0
	if s.probe.certain() {
		segment = int((s.lead.expect() + s.lead.frame/2) / max(s.lead.frame, 1))
	}
	longest := framesWithin(s.cfg.SegmentDuration, frame, scale)
	return min(partFrames(framesWithin(s.cfg.PartDuration, frame, scale), segment, s.probe.run()), longest)
}

// grid converts a time of this rendition to the grid's timescale.
func (r *Rendition) grid(t media.Ticks) media.Ticks {
	return media.Rescale(t, r.track.Timescale, media.VideoTimescale)
}

// push appends the next sample, beginning a new segment with it when b is given.
func (r *Rendition) push(s media.Sample, b *boundary) {
	if at := s.PTS(); r.track.Kind() == media.Video && at > r.shows {
		r.showed, r.shows = r.shows, at
	}
	if r.pending != nil {
		// Before a discontinuity a sample lasts as long as usual, not until the next.
		if b == nil || !b.discontinuity {
			r.pending.Duration = max(s.DTS-r.pending.DTS, 1)
		} else {
			r.pending.Duration = max(r.nominal(), 1)
		}
		r.take(*r.pending)
	}
	if b != nil {
		r.closeSegment()
		r.fresh = r.fresh || b.discontinuity
		r.openSegment(*b, s)
	}
	r.pending = &s
	if r.partEnds() {
		r.closePart()
	}
}

// rounding is how much shorter than usual a sample may seem to be, by timestamps in
// whole milliseconds.
const rounding = time.Millisecond

// nominal is the usual distance between samples.
func (r *Rendition) nominal() media.Ticks {
	if r.track.Kind() == media.Audio {
		if r.pending != nil {
			return r.pending.Duration
		}
		return r.track.FrameSamples
	}
	return r.stream.frame
}

// take moves a sample with a known duration into the part being built.
func (r *Rendition) take(s media.Sample) {
	// One that is too long for any part makes a longer one: a short part before it helps nobody.
	if len(r.part) > r.shown && r.partTicks+s.Duration > r.partLimit && s.Duration <= r.partLimit {
		r.closePart()
	}
	r.runs.add(s)
	r.part = append(r.part, s)
	r.partTicks += s.Duration
}

// closePart makes a chunk of the samples gathered and publishes it.
func (r *Rendition) closePart() {
	if len(r.part) == 0 || r.open == nil {
		return
	}
	r.sequence++
	end := r.open.Start + r.grid(r.openTicks+r.partTicks)
	sound := r.sound.until(end)
	chunk := cmaf.Chunk{
		Sequence: r.sequence, Runs: [][]media.Sample{r.part, sound}, ID3: r.tagsUntil(end),
		Producer: r.stream.clock.ProgramDateTime(r.part[0].DTS, r.track.Timescale),
	}.Marshal()
	part := Part{
		Duration:    r.partTicks.Duration(r.track.Timescale),
		Independent: r.part[0].KeyFrame, Size: len(chunk),
	}
	if r.open.Size == 0 && part.Independent {
		r.open.KeyFrame = KeyFrame{
			End: len(chunk) - cmaf.PayloadSize(r.part[1:]) - cmaf.PayloadSize(sound), Size: len(r.part[0].Payload),
		}
	}
	r.chunks = append(r.chunks, chunk)
	chunks, parts := r.chunks, append(r.open.parts(), part)
	r.open.Size += len(chunk)
	r.open.memory.Store(&chunks)
	r.open.index.Store(&parts)
	r.openTicks += r.partTicks
	if r.track.Kind() == media.Video {
		end := len(chunk) - cmaf.PayloadSize(sound)
		r.group.add(r.part, chunk[end-cmaf.PayloadSize(r.part):end])
	}
	clear(r.part) // payloads are copied: let them go
	r.part, r.partTicks, r.shown = r.part[:0], 0, 0
	r.sound.drop(len(sound))
	r.dirty = true
}

// openTime is how much of the open segment is listed in parts.
func (r *Rendition) openTime() time.Duration {
	if r.open == nil {
		return 0
	}
	return r.openTicks.Duration(r.track.Timescale)
}

// oneFrame is more than any audio frame that is in use: what sound may lack at a
// segment's ends without anybody calling it incomplete.
const oneFrame = 30 * time.Millisecond

// openSegment begins segment b with a sample. Sound is dated by when it begins, which
// is up to a frame after the boundary, and more where it had fallen silent: one
// mapping of media time to program date time holds in all renditions.
func (r *Rendition) openSegment(b boundary, first media.Sample) {
	start := b.start
	if r.track.Kind() == media.Audio {
		start = r.grid(first.PTS())
	}
	r.open = &Segment{Entry: Entry{
		MSN: b.msn, Publication: r.publication, Discontinuity: b.discontinuity,
		ProgramDateTime: r.stream.clock.ProgramDateTime(start, media.VideoTimescale),
		Start:           start, Discontinuities: b.discontinuities,
		Lag: (start - b.start).Duration(media.VideoTimescale),
	}}
	r.openTicks, r.chunks = 0, nil
	r.runs.begin()
	if r.fresh {
		r.sound.dropBefore(start)
		r.fresh = false
	}
	r.lookup.Lock()
	r.segments[b.msn] = r.open
	r.uses[r.publication]++
	r.lookup.Unlock()
}

// closeSegment ends the open segment with what has been gathered.
func (r *Rendition) closeSegment() {
	if r.open == nil {
		return
	}
	r.closePart()
	s := r.open
	r.open = nil
	r.spoiled = false
	parts := s.parts()
	s.Duration = r.openTicks.Duration(r.track.Timescale)
	if full, whole := r.whole(s); len(parts) == 0 || !whole {
		s.Gap, s.Duration = true, full
		s.index.Store(nil) // nobody should play the beginning of something
		r.stream.counters.Gaps++
	} else {
		s.Dependent = !parts[0].Independent
		r.rate(s)
	}
	r.window.add(s)
	r.stream.recordSegment(r.name, s)
	r.dirty = true
	r.stream.segmentDone(r)
}

// rate takes a segment into account for BANDWIDTH.
func (r *Rendition) rate(s *Segment) {
	target := time.Duration(r.stream.shortestTarget()) * time.Second
	r.rates.add(s.Size, s.KeyFrame.End, s.Duration, target, r.stream.ratedTime())
}

// whole reports whether a segment that is being closed lasts until the boundary from
// which the programme goes on, and how long that is. A frame, or one of sound, may be
// missing.
func (r *Rendition) whole(s *Segment) (full time.Duration, whole bool) {
	b := boundary{msn: s.MSN, start: s.Start}
	full = (r.stream.endOf(b) - s.Start).Duration(media.VideoTimescale)
	next, known := r.stream.grid.at(s.MSN + 1)
	if !known || next.discontinuity || (r == r.stream.leading && !r.stream.starved) {
		return full, true
	}
	return full, full-s.Duration <= max(oneFrame, r.stream.frame.Duration(media.VideoTimescale)*3/2)
}

// spoil gives up the open segment: something of it is missing. What comes is left out
// until a boundary with a keyframe.
func (r *Rendition) spoil() {
	r.pending, r.spoiled = nil, r.open != nil
	clear(r.part)
	r.part, r.partTicks, r.shown = r.part[:0], 0, 0
	r.group.forget()
}

// fillGap lists a segment that this rendition did not produce.
func (r *Rendition) fillGap(b boundary, until media.Ticks) {
	s := &Segment{Entry: Entry{
		MSN: b.msn, Publication: r.publication, Gap: true, Discontinuity: b.discontinuity,
		ProgramDateTime: r.stream.clock.ProgramDateTime(b.start, media.VideoTimescale),
		Start:           b.start, Discontinuities: b.discontinuities,
	}}
	end := r.stream.clock.ProgramDateTime(until, media.VideoTimescale)
	if n := len(r.window.closed); n > 0 && !b.discontinuity {
		// It begins where the one before ended, which may be a frame off the grid.
		if last := r.window.last(); last.end().Before(end) {
			s.ProgramDateTime = last.end()
		}
	}
	s.Duration = max(end.Sub(s.ProgramDateTime), time.Millisecond)
	r.window.add(s)
	r.stream.recordSegment(r.name, s)
	r.stream.counters.Gaps++
	r.lookup.Lock()
	r.uses[r.publication]++
	r.lookup.Unlock()
	r.dirty = true
}

// flush ends everything gathered: the publication is over.
func (r *Rendition) flush() {
	if r.pending != nil {
		r.pending.Duration = max(r.nominal(), 1)
		last := *r.pending
		r.pending = nil
		r.take(last)
	}
	r.closeSegment()
	r.part, r.partTicks, r.shown, r.fresh = r.part[:0], 0, 0, true
	r.group.forget()
	r.shows, r.showed = 0, 0
}

// nextMSN is the number of the segment that would be opened next.
func (r *Rendition) nextMSN() int64 {
	switch {
	case r.open != nil:
		return r.open.MSN + 1
	case len(r.window.closed) > 0:
		return r.window.last().MSN + 1
	}
	return -1
}
