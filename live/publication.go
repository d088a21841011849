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

// publication is what one publisher sends: the ingest.Sink that its protocol feeds.
type publication struct {
	stream   *Stream
	request  ingest.Request
	done     chan struct{} // closed when everything is packaged
	begun    time.Time
	lastData atomic.Int64 // when data came last, Unix nanoseconds
	closing  atomic.Bool

	// Of the ingest goroutine.
	tracks   [2]media.Track // as viewers get them
	upcoming media.Track    // of sound: it is taken up at the next keyframe; its zero value is none
	start    startBuffer
	anchor   clockAnchor
	base     media.Ticks // media time of DTS 0, at 90 kHz
	based    bool
	epoch    *epoch
	sound    soundConversion
	silence  soundFiller
	pictures pictureMeter
	measured time.Time // when the input was last measured
}

func newPublication(s *Stream, r ingest.Request) *publication {
	p := &publication{stream: s, request: r, done: make(chan struct{}), begun: time.Now()}
	p.lastData.Store(p.begun.UnixNano())
	p.silence = soundFiller{write: p.writeSample, repaired: p.Repaired, filled: s.stats.silenced}
	p.sound = soundConversion{
		ffmpeg: s.manager.cfg.FFmpeg, log: s.log, stats: &s.stats,
		output: func(s media.Sample) error { return p.fillSilence(media.Audio, s) }, advise: p.Advise,
	}
	return p
}

// Stream implements ingest.Sink, as do all exported methods.
func (p *publication) Stream() media.StreamID { return p.stream.id }

// Expect notes what the publisher announced.
func (p *publication) Expect(video, audio bool) { p.start.expect(video, audio) }

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
		if err := p.sound.check(t); err != nil {
			p.sound.end()
			p.upcoming = media.Track{}
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
		t = p.sound.setTrack(t)
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
		p.silence.setTrack(t)
	}
	if p.epoch == nil {
		return p.takeUpcoming()
	}
	return nil
}

// Write takes a sample.
func (p *publication) Write(k media.Kind, s media.Sample) error {
	now := time.Now()
	p.lastData.Store(now.UnixNano())
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
	earlier := p.anchor.observe(p.timescale(k), s, now)
	p.stream.stats.sample(k, s)
	if k == media.Video {
		p.pictures.observe(s, now, &p.stream.stats, &p.stream.intake)
	}
	if earlier && p.epoch != nil {
		p.stream.packager.AnchorClock(p.anchor.start)
	}
	err := p.convertSound(k, s)
	if now.Sub(p.measured) >= observed {
		p.measured = now
		p.stream.intake.setMissingSound(p.missingSound())
		p.stream.observe(now)
	}
	return err
}

// convertSound passes on a sample, or has it converted and passes on what was converted.
func (p *publication) convertSound(k media.Kind, s media.Sample) error {
	write := p.fillSilence
	if k == media.Audio && p.sound.running != nil {
		write = func(_ media.Kind, s media.Sample) error { return p.sound.write(s) }
	}
	if err := write(k, s); err != nil {
		return err
	}
	return p.sound.flush()
}

// timescale is that of the samples that come.
func (p *publication) timescale(k media.Kind) media.Timescale {
	if k == media.Audio && p.sound.running != nil {
		return p.sound.running.source.Timescale
	}
	return p.tracks[k].Timescale
}

// fillSilence passes a sample on with the silence that belongs before it, and begins an epoch
// when enough is known.
func (p *publication) fillSilence(k media.Kind, s media.Sample) error {
	p.silence.Write(k, s)
	if p.epoch != nil || !p.start.ready(p.tracks) {
		return nil
	}
	p.supplySound()
	return p.beginEpoch()
}

// writeSample gives a sample, or silence, to the epoch, or keeps it until one begins.
func (p *publication) writeSample(k media.Kind, s media.Sample) {
	if p.epoch != nil {
		p.epoch.write(k, s)
		return
	}
	p.start.addSample(k, s)
}

// supplySound makes a track of silence if sound was announced and did not come. Players
// read the multivariant playlist once: without a rendition of sound from the beginning
// they would not hear what comes later.
func (p *publication) supplySound() {
	if !p.start.expected[media.Audio] || p.tracks[media.Audio].Codec != 0 || p.tracks[media.Video].Codec == 0 {
		return
	}
	p.tracks[media.Audio] = silence.Track()
	p.silence.supply(p.tracks[media.Audio])
	for _, w := range p.start.takeSamples() {
		p.silence.Write(w.kind, w.sample)
	}
}

// Event takes timed metadata.
func (p *publication) Event(e media.Event) {
	if p.epoch != nil {
		e.Time += p.base
		p.stream.packager.Event(e)
		return
	}
	p.start.addEvent(e)
}

// beginEpoch starts packaging with the tracks known now.
func (p *publication) beginEpoch() error {
	samples := p.start.aligned(p.tracks)
	if samples == nil {
		return nil // video without a keyframe so far
	}
	if !p.based {
		p.base, p.based = p.stream.nextBase(p.anchor), true
	}
	e, err := newEpoch(p)
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	p.epoch = e
	p.stream.intake.setPackaged()
	p.start.takeSamples()
	for _, event := range p.start.takeEvents() {
		p.Event(event)
	}
	for _, w := range samples {
		e.write(w.kind, w.sample)
	}
	return nil
}

func (p *publication) endEpoch() {
	if p.epoch != nil {
		p.silence.fillToEnd()
		p.epoch.end()
		p.epoch = nil
	}
}

// Close ends the publication.
func (p *publication) Close(reason error) {
	p.closing.Store(true)
	p.sound.end()
	p.endEpoch()
	p.stream.detach(reason == nil)
	p.stream.manager.refused(p.stream.id, p.request, reason)
	close(p.done)
	took := time.Since(p.begun).Round(time.Millisecond)
	if reason == nil || errors.Is(reason, context.Canceled) {
		p.stream.logPublisher(slog.LevelInfo, p.request, nil, "publisher left", "took", took)
		return
	}
	p.stream.logPublisher(slog.LevelWarn, p.request, reason, "publisher lost", "took", took)
}

// nextBase is the stream's media time at the beginning of a publication: the time
// passed since the first one, so that players see the pause.
func (s *Stream) nextBase(a clockAnchor) media.Ticks {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.origin.IsZero() {
		s.origin = a.start
		return 0
	}
	return max(media.TicksOf(a.start.Sub(s.origin), media.VideoTimescale), s.mediaEnd)
}
