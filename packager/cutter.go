package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// cutter makes the parts and segments of one rendition from its samples, and hands them to its
// playlist. The segmenter tells it where segments begin.
type cutter struct {
	plan  *schedule
	lists *playlists
	list  *playlist

	track      media.Track
	epoch      string
	leads      bool // it is cut by its own pictures, and all others with it
	sequence   uint32
	alignment  alignment // of pictures
	queue      sampleQueue
	pending    *media.Sample // its duration is known when the next one comes
	part       partBuilder
	group      pictureGroup
	shown      presentation
	sound      muxedAudio
	tags       id3Queue
	partTarget time.Duration // fixed when the first segment begins
	open       openSegment
	last       lastSegment
	fresh      bool // the next segment doesn't continue the last one
}

// partBuilder is the part being built.
type partBuilder struct {
	samples  []media.Sample
	repeated int         // so many pictures at the beginning of samples come once more
	ticks    media.Ticks // of all samples
	limit    media.Ticks // PART-TARGET
	runs     reorderRuns
}

// addSample adds a sample with a known duration.
func (p *partBuilder) addSample(s media.Sample) {
	p.runs.addPicture(s)
	p.samples = append(p.samples, s)
	p.ticks += s.Duration
}

// clear gives up the samples, whose payloads can be freed.
func (p *partBuilder) clear() {
	clear(p.samples)
	p.samples, p.ticks, p.repeated = p.samples[:0], 0, 0
}

// openSegment is the segment being built. The zero value is none.
type openSegment struct {
	segment *Segment
	ticks   media.Ticks // of its parts
	invalid bool        // it lacks something: it becomes a gap
}

// lastSegment is where the segments end that were handed over. end is zero before the first.
type lastSegment struct {
	msn int64
	end time.Time
}

// presentation is the presentation times of the source's newest picture, and of the one before.
type presentation struct{ newest, before media.Ticks }

// isVideo reports whether the rendition has a picture.
func (c *cutter) isVideo() bool { return c.track.Kind() == media.Video }

// beginTrack takes up a track of an epoch, and the sound that travels with it, if its codec
// isn't 0; recent are the newest samples of that.
func (c *cutter) beginTrack(epoch string, t, sound media.Track, recent []media.Sample) error {
	tracks := []media.Track{t}
	if sound.Codec != 0 {
		tracks = append(tracks, sound)
	}
	section, err := cmaf.Init(tracks...)
	if err != nil {
		return err
	}
	init := Init{Epoch: epoch, Track: t, Sound: sound, Section: section}
	init.Epoch = c.list.addInit(init, c.epoch)
	if c.epoch != init.Epoch {
		if c.open.segment != nil {
			c.endSamples() // what comes begins a segment of its own, under its own EXT-X-MAP
		}
		c.alignment.beginEpoch()
	}
	c.track, c.epoch = t, init.Epoch
	c.sound.beginTrack(sound, recent)
	c.lists.setTrack(c.list, init)
	return nil
}

// restoreTrack takes up what is known of a rendition that an earlier process has cut.
func (c *cutter) restoreTrack(h RenditionHistory) {
	init, entry := h.Inits[len(h.Inits)-1], h.Entries[len(h.Entries)-1]
	c.track, c.epoch, c.sound.track = init.Track, init.Epoch, init.Sound
	c.last = lastSegment{entry.MSN, entry.ProgramDateTime.Add(entry.Duration)}
}

// setPartTarget fixes PART-TARGET, if it isn't fixed yet and the target given isn't 0.
func (c *cutter) setPartTarget(target time.Duration) {
	if c.partTarget == 0 {
		c.partTarget = target
		c.list.partTarget = target
	}
	c.part.limit = media.TicksOf(c.partTarget, c.track.Timescale)
}

// gridTime converts a time of this rendition to the grid's timescale.
func (c *cutter) gridTime(t media.Ticks) media.Ticks {
	return media.Rescale(t, c.track.Timescale, media.VideoTimescale)
}

// addSample takes the next sample, beginning a new segment with it when b is given.
func (c *cutter) addSample(s media.Sample, b *boundary) {
	if at := s.PTS(); at > c.shown.newest && c.isVideo() {
		c.shown = presentation{newest: at, before: c.shown.newest}
	}
	if c.pending != nil {
		// Before a discontinuity a sample lasts as long as usual, not until the next.
		if b == nil || !b.discontinuity {
			c.pending.Duration = max(s.DTS-c.pending.DTS, 1)
		} else {
			c.pending.Duration = max(c.usualDuration(), 1)
		}
		c.appendSample(*c.pending)
	}
	if b != nil {
		c.closeSegment()
		c.fresh = c.fresh || b.discontinuity
		c.openSegment(*b, s)
	}
	c.pending = &s
	if c.partEnds() {
		c.closePart()
	}
}

// rounding is how much shorter than usual a sample may seem to be, by timestamps in
// whole milliseconds.
const rounding = time.Millisecond

// usualDuration is the usual distance between samples.
func (c *cutter) usualDuration() media.Ticks {
	if c.track.Kind() == media.Audio {
		if c.pending != nil {
			return c.pending.Duration
		}
		return c.track.FrameSamples
	}
	return c.plan.pictures.frame
}

// appendSample moves a sample with a known duration into the part being built.
func (c *cutter) appendSample(s media.Sample) {
	p := &c.part
	// One that is too long for any part makes a longer one: a short part before it helps nobody.
	if len(p.samples) > p.repeated && p.ticks+s.Duration > p.limit && s.Duration <= p.limit {
		c.closePart()
	}
	p.addSample(s)
}

// invalidateSegment gives up the open segment: something of it is missing. What comes is left
// out until a boundary with a keyframe.
func (c *cutter) invalidateSegment() {
	c.pending, c.open.invalid = nil, c.open.segment != nil
	c.part.clear()
	c.group.clear()
}

// endSamples makes the last part and segment of everything gathered: no sample follows it.
func (c *cutter) endSamples() {
	if c.pending != nil {
		c.pending.Duration = max(c.usualDuration(), 1)
		last := *c.pending
		c.pending = nil
		c.appendSample(last)
	}
	c.closeSegment()
	c.part.clear()
	c.fresh, c.shown = true, presentation{}
	c.group.clear()
}

// nextMSN is the number of the segment that would be opened next; -1 before the first.
func (c *cutter) nextMSN() int64 {
	switch {
	case c.open.segment != nil:
		return c.open.segment.MSN + 1
	case !c.last.end.IsZero():
		return c.last.msn + 1
	}
	return -1
}
