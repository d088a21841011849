package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/silence"
)

// publication is one publisher's stay: the ingest.Sink that its protocol feeds.
type publication struct {
	stream  *Stream
	request ingest.Request
	done    chan struct{} // closed when everything is packaged
	begun   time.Time
	heard   atomic.Int64 // when data came last, Unix nanoseconds
	closing atomic.Bool

	// Of the ingest goroutine.
	expected    [2]bool
	announced   bool // expected has been set
	tracks      [2]media.Track
	upcoming    media.Track // of sound: it is taken up at the next keyframe; its zero value is none
	waiting     []waitingSample
	waited      int // bytes
	tie         tie
	base        media.Ticks // media time of DTS 0, at 90 kHz
	based       bool
	events      []media.Event // that came before the epoch
	epoch       *epoch
	conversion  *conversion // of the sound, if players can't play it
	convertedTo media.Ticks // at 90 kHz
	// converterStart is when the newest conversion started FFmpeg, or may.
	converterStart time.Time
	sound          soundFiller
	observed       time.Time // when the input was last measured
	keyed          bool
	lastKey        media.Ticks
	frames         int         // since then
	last           media.Ticks // DTS of the last picture
}

// waitingSample is one that came before all tracks were known.
type waitingSample struct {
	kind   media.Kind
	sample media.Sample
}

// Bounds of the wait for tracks, in media time and bytes.
const (
	// patience is how long a track that was announced may stay away.
	patience = 2 * time.Second
	// unannounced is how long a second track is waited for if nobody spoke of it.
	unannounced = 700 * time.Millisecond
	maxWaiting  = 32 << 20
)

func newPublication(s *Stream, r ingest.Request) *publication {
	p := &publication{stream: s, request: r, done: make(chan struct{}), begun: time.Now()}
	p.heard.Store(p.begun.UnixNano())
	p.sound = soundFiller{write: p.take, repaired: p.Repaired, filled: s.stats.silenced}
	return p
}

// Stream implements ingest.Sink, as do all exported methods.
func (p *publication) Stream() media.StreamID { return p.stream.id }

// Expect notes what the publisher announced.
func (p *publication) Expect(video, audio bool) {
	p.expected = [2]bool{media.Video: video, media.Audio: audio}
	p.announced = video || audio
}

// Advise notes what the protocol found. It is logged at once: samples may never come.
func (p *publication) Advise(a ingest.Advice) {
	p.stream.intake.advise(a)
	p.stream.observe(time.Now())
}

// Repaired counts a repair.
func (p *publication) Repaired(reason string) { p.stream.stats.repaired(reason) }

// SetTrack takes up a track. If it changes while samples flow, a new epoch begins
// with the next keyframe: a discontinuity with new initialization sections.
func (p *publication) SetTrack(t media.Track) error {
	p.stream.intake.setTrack(t)
	if t.Kind() == media.Audio {
		if err := p.refuseSound(t); err != nil {
			return err
		}
		if p.upcoming = p.deferred(t); p.upcoming.Codec != 0 {
			p.stream.intake.setMissingSound(p.missingSound())
			return nil
		}
	}
	return p.setTrack(t)
}

func (p *publication) setTrack(t media.Track) error {
	if t.Kind() == media.Audio {
		t = p.audible(t)
	}
	known := &p.tracks[t.Kind()]
	same := known.SameInit(t)
	if same {
		t.KeyInterval = max(t.KeyInterval, known.KeyInterval)
	}
	*known = t
	switch {
	case p.epoch == nil:
	case same:
		return p.epoch.update(t)
	default:
		p.endEpoch()
	}
	if t.Kind() == media.Audio {
		p.sound.setTrack(t)
	}
	if p.epoch == nil {
		return p.takeUpcoming()
	}
	return nil
}

// Write takes a sample.
func (p *publication) Write(k media.Kind, s media.Sample) error {
	now := time.Now()
	p.heard.Store(now.UnixNano())
	if p.upcoming.Codec != 0 {
		if k == media.Audio {
			return nil // of a track that begins with the next keyframe
		}
		if s.KeyFrame {
			if err := p.takeUpcoming(); err != nil {
				return err
			}
		}
	}
	earlier := p.tie.observe(p.timescale(k), s, now)
	p.measure(k, s, now)
	if earlier && p.epoch != nil {
		p.stream.packager.Retie(p.tie.start)
	}
	err := p.put(k, s)
	if now.Sub(p.observed) >= observed {
		p.observed = now
		p.stream.intake.setMissingSound(p.missingSound())
		p.stream.observe(now)
	}
	return err
}

// put passes on a sample, or has it converted, and passes on what was converted.
func (p *publication) put(k media.Kind, s media.Sample) error {
	put := p.pass
	if k == media.Audio && p.conversion != nil {
		put = p.convert
	}
	if err := put(k, s); err != nil {
		return err
	}
	return p.passConverted()
}

// timescale is that of the samples that come.
func (p *publication) timescale(k media.Kind) media.Timescale {
	if k == media.Audio && p.conversion != nil {
		return p.conversion.source.Timescale
	}
	return p.tracks[k].Timescale
}

// pass gives a sample that players can play to the epoch, or keeps it until one begins.
func (p *publication) pass(k media.Kind, s media.Sample) error {
	p.sound.Write(k, s)
	if p.epoch != nil || !p.ready() {
		return nil
	}
	p.supplySound()
	return p.beginEpoch()
}

// take takes a sample, or silence, into the epoch or what waits for one.
func (p *publication) take(k media.Kind, s media.Sample) {
	if p.epoch != nil {
		p.epoch.write(k, s)
		return
	}
	p.waiting = append(p.waiting, waitingSample{k, s})
	p.waited += len(s.Payload)
}

// supplySound makes a track of silence if sound was announced and did not come. Players
// read the multivariant playlist once: without a rendition of sound from the beginning
// they would not hear what comes later.
func (p *publication) supplySound() {
	if !p.expected[media.Audio] || p.tracks[media.Audio].Codec != 0 || p.tracks[media.Video].Codec == 0 {
		return
	}
	p.tracks[media.Audio] = silence.Track()
	p.sound.supply(p.tracks[media.Audio])
	waiting := p.waiting
	p.waiting, p.waited = nil, 0
	for _, w := range waiting {
		p.sound.Write(w.kind, w.sample)
	}
}

// maxEvents bounds the events that wait for the tracks to be known.
const maxEvents = 32

// Event takes timed metadata.
func (p *publication) Event(e media.Event) {
	if p.epoch != nil {
		e.Time += p.base
		p.stream.packager.Event(e)
		return
	}
	if len(p.events) < maxEvents {
		p.events = append(p.events, e)
	}
}

// standing is how long a picture must be the last one to count as one that stands: encoders
// that drop pictures drop fewer in a row.
const standing = 300 * time.Millisecond

func (p *publication) measure(k media.Kind, s media.Sample, now time.Time) {
	p.stream.stats.sample(k, s)
	if k != media.Video {
		return
	}
	p.stream.stats.pictured.Store(now.UnixNano())
	if step := (s.DTS - p.last).Duration(media.VideoTimescale); p.frames > 0 && step > standing {
		p.stream.stats.stood.Add(int64(step))
	}
	p.frames, p.last = p.frames+1, s.DTS
	if !s.KeyFrame {
		return
	}
	if p.keyed {
		interval := (s.DTS - p.lastKey).Duration(media.VideoTimescale)
		p.stream.stats.keyInterval.Store(int64(interval))
		p.stream.intake.addInterval(keyInterval{interval, p.frames - 1})
	}
	p.keyed, p.lastKey, p.frames = true, s.DTS, 1
}

// ready reports whether enough is known to begin: every track that was announced,
// or as much as came in time.
func (p *publication) ready() bool {
	haveVideo, haveAudio := p.tracks[media.Video].Codec != 0, p.tracks[media.Audio].Codec != 0
	if haveVideo && haveAudio || p.waited > maxWaiting {
		return true
	}
	waited := p.waitedTime()
	if p.announced {
		missing := p.expected[media.Video] && !haveVideo || p.expected[media.Audio] && !haveAudio
		return !missing || waited > patience
	}
	if haveVideo {
		return waited > unannounced
	}
	return waited > patience
}

func (p *publication) waitedTime() time.Duration {
	if len(p.waiting) == 0 {
		return 0
	}
	first, last := p.waiting[0], p.waiting[len(p.waiting)-1]
	return p.time(last).Duration(media.VideoTimescale) - p.time(first).Duration(media.VideoTimescale)
}

// time is a waiting sample's presentation time at 90 kHz.
func (p *publication) time(w waitingSample) media.Ticks {
	return media.Rescale(w.sample.PTS(), p.tracks[w.kind].Timescale, media.VideoTimescale)
}

// beginEpoch starts packaging with the tracks known now.
func (p *publication) beginEpoch() error {
	samples := p.aligned()
	if samples == nil {
		return nil // video without a keyframe so far
	}
	if !p.based {
		p.base, p.based = p.stream.nextBase(p.tie), true
	}
	e, err := newEpoch(p)
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	p.epoch = e
	p.stream.intake.setPackaged()
	p.waiting, p.waited = nil, 0
	events := p.events
	p.events = nil
	for _, event := range events {
		p.Event(event)
	}
	for _, w := range samples {
		e.write(w.kind, w.sample)
	}
	return nil
}

// aligned are the waiting samples from the first keyframe on, without sound that
// is heard before it is seen.
func (p *publication) aligned() []waitingSample {
	if p.tracks[media.Video].Codec == 0 {
		return p.waiting
	}
	for i, w := range p.waiting {
		if w.kind == media.Video && w.sample.KeyFrame {
			return p.from(i)
		}
	}
	if len(p.waiting) > 4096 || p.waited > maxWaiting {
		p.waiting, p.waited = p.waiting[:0], 0 // a source without keyframes
	}
	return nil
}

func (p *publication) from(key int) []waitingSample {
	start := p.time(p.waiting[key])
	var kept []waitingSample
	for i, w := range p.waiting {
		if i >= key && w.kind == media.Video || w.kind == media.Audio && p.time(w) >= start {
			kept = append(kept, w)
		}
	}
	return kept
}

func (p *publication) endEpoch() {
	if p.epoch != nil {
		p.sound.end()
		p.epoch.end()
		p.epoch = nil
	}
}

// Close ends the publication.
func (p *publication) Close(reason error) {
	p.closing.Store(true)
	p.endConversion()
	p.endEpoch()
	p.stream.detach(p, reason == nil)
	p.stream.manager.refused(p.stream.id, p.request, reason)
	close(p.done)
	took := time.Since(p.begun).Round(time.Millisecond)
	if reason == nil || errors.Is(reason, context.Canceled) {
		p.stream.tell(slog.LevelInfo, p.request, nil, "publisher left", "took", took)
		return
	}
	p.stream.tell(slog.LevelWarn, p.request, reason, "publisher lost", "took", took)
}

// tie finds when media time 0 was on the wall clock: as late as the sample that
// was delayed least says, so that no picture is dated after its arrival.
//
// It is a whole millisecond, as are pictures' times of most sources. Players read
// dates to the millisecond: now a picture's date is exact, and sound is dated up to
// one early. Dated late, hls.js would look for sound after its last sample in a part
// that it has, and stop there, when it changes to another CDN.
type tie struct {
	start time.Time
}

// observe takes a sample into account, and reports whether the tie moved.
func (t *tie) observe(scale media.Timescale, s media.Sample, arrival time.Time) bool {
	start := arrival.Add(-s.PTS().Duration(scale))
	start = start.Add(-time.Duration(start.Nanosecond()) % time.Millisecond) // unlike Truncate it keeps the monotonic clock
	if !t.start.IsZero() && !start.Before(t.start) {
		return false
	}
	t.start = start
	return true
}

// nextBase is the stream's media time at the beginning of a publication: the time
// passed since the first one, so that players see the pause.
func (s *Stream) nextBase(t tie) media.Ticks {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.origin.IsZero() {
		s.origin = t.start
		return 0
	}
	return max(media.TicksOf(t.start.Sub(s.origin), media.VideoTimescale), s.mediaEnd)
}
