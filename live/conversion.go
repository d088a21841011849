package live

import (
	"context"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/sound"
)

// conversion makes AAC of sound that players can't play. It belongs to the ingest goroutine
// of a publication, which also takes what comes out, at each sample that it writes.
type conversion struct {
	source    media.Track
	target    media.Track
	converter *sound.Converter
	cancel    context.CancelFunc
	ended     chan struct{} // closed when the converter has ended, for err
	err       error
}

// betweenStarts is the least time between two starts of FFmpeg for the sound of a publication
// whose codec changes: a publisher that changes it all the time must not keep the machine busy
// with starts.
const betweenStarts = 2 * time.Second

// startDelay is how long a new conversion has to wait until it may start FFmpeg.
func (p *publication) startDelay(now time.Time) time.Duration {
	if !p.converterStart.After(now) { // else the conversion before has not started FFmpeg so far
		p.converterStart = later(now, p.converterStart.Add(betweenStarts))
	}
	return p.converterStart.Sub(now)
}

// refuseSound says why sound can't be taken: players can't play it, and nothing can convert
// it. The error wraps ingest.ErrUnsupported; nil: it can be.
func (p *publication) refuseSound(t media.Track) error {
	if t.Codec.Playable() || p.stream.manager.cfg.FFmpeg != "" {
		return nil
	}
	p.endConversion()
	p.upcoming = media.Track{}
	return dropSound(t, "the server has no FFmpeg that could convert it")
}

// hears reports whether the sound that is taken is the track.
func (p *publication) hears(t media.Track) bool {
	if p.conversion != nil {
		return p.conversion.source.SameInit(t)
	}
	return p.tracks[media.Audio].SameInit(t)
}

// audible is the sound that viewers get of a track: itself, or the AAC that it is converted
// to.
func (p *publication) audible(t media.Track) media.Track {
	if p.conversion != nil && p.hears(t) {
		return p.conversion.target
	}
	p.endConversion()
	if t.Codec.Playable() {
		return t
	}
	c := &conversion{source: t, target: sound.Target(t), ended: make(chan struct{})}
	c.converter = sound.New(sound.Config{
		FFmpeg: p.stream.manager.cfg.FFmpeg, Source: t, Delay: p.startDelay(time.Now()),
	}, p.stream.log)
	ctx, cancel := context.WithCancel(context.Background()) // ends with the track
	c.cancel = cancel
	go func() {
		defer close(c.ended)
		c.err = c.converter.Run(ctx)
	}()
	p.conversion = c
	p.stream.stats.converter.Store(c.converter)
	p.Advise(ingest.Advice{
		Code: ingest.AdviceSoundConverted, Severity: ingest.Notice,
		Text: fmt.Sprintf("the sound is %s, which players can't play; the server makes AAC of it, which costs quality and delay:"+
			" set the encoder to AAC", t.Codec),
	})
	return c.target
}

// convert hands over a sample of sound. The error wraps ingest.ErrUnsupported.
func (p *publication) convert(_ media.Kind, s media.Sample) error {
	c := p.conversion
	c.converter.Write(s)
	select {
	case <-c.ended:
		p.endConversion()
		p.stream.log.Error("sound is left out", "err", c.err)
		return dropSound(c.source, "FFmpeg can't convert it")
	default:
		return nil
	}
}

// passConverted passes on the AAC that is there.
func (p *publication) passConverted() error {
	for p.conversion != nil {
		select {
		case s, ok := <-p.conversion.converter.Output():
			if !ok {
				return nil // convert tells why
			}
			if err := p.passFrame(s); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// passFrame passes on a frame, unless the last frame of another conversion reaches into it.
func (p *publication) passFrame(s media.Sample) error {
	if scale := p.tracks[media.Audio].Timescale; media.Rescale(s.DTS, scale, media.VideoTimescale) >= p.convertedTo {
		p.convertedTo = media.Rescale(s.DTS+s.Duration, scale, media.VideoTimescale)
		return p.pass(media.Audio, s)
	}
	return nil
}

// endConversion passes on the rest, for which it waits a bounded time.
func (p *publication) endConversion() {
	c := p.conversion
	if c == nil {
		return
	}
	c.converter.Finish()
	timer := time.AfterFunc(drain, c.cancel)
	defer timer.Stop()
	for s := range c.converter.Output() {
		_ = p.passFrame(s) // the publication, or the track, ends anyway
	}
	<-c.ended
	c.cancel()
	p.conversion = nil
	p.stream.stats.converter.Store(nil)
	p.Advise(ingest.Advice{Code: ingest.AdviceSoundConverted})
}

// dropSound says why sound is left out. Viewers who have heard it hear silence from now on.
func dropSound(t media.Track, why string) error {
	return fmt.Errorf("%w: audio codec %s, and %s; set the encoder to AAC (or Opus, AC-3, E-AC-3, MP3)", ingest.ErrUnsupported, t.Codec, why)
}
