package live

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/sound"
)

// soundConversion makes AAC of sound that players can't play. It belongs to the ingest
// goroutine of a publication, which also takes what comes out, at each sample that it writes.
// The fields that are set once are ffmpeg to advise.
type soundConversion struct {
	ffmpeg string // the program; "": there is none
	log    *slog.Logger
	stats  *stats
	output func(media.Sample) error // takes frames of AAC
	advise func(ingest.Advice)

	running *converterRun // nil: the sound is not converted
	// converterStart is when the newest run started FFmpeg, or may.
	converterStart time.Time
	convertedTo    media.Ticks // the end of what was output, at 90 kHz
}

// converterRun is the conversion of one track.
type converterRun struct {
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

// startDelay is how long a new run has to wait until it may start FFmpeg.
func (c *soundConversion) startDelay(now time.Time) time.Duration {
	if !c.converterStart.After(now) { // else the run before has not started FFmpeg so far
		c.converterStart = later(now, c.converterStart.Add(betweenStarts))
	}
	return c.converterStart.Sub(now)
}

// check fails if players can't play the track, and nothing can convert it. The error wraps
// ingest.ErrUnsupported.
func (c *soundConversion) check(t media.Track) error {
	if t.Codec.Playable() || c.ffmpeg != "" {
		return nil
	}
	return soundLeftOut(t, "the server has no FFmpeg that could convert it")
}

// converts reports whether the track is the one that is converted.
func (c *soundConversion) converts(t media.Track) bool {
	return c.running != nil && c.running.source.SameInit(t)
}

// setTrack takes up a track, and returns the one that viewers get: itself, or the AAC that it
// is converted to.
func (c *soundConversion) setTrack(t media.Track) media.Track {
	if c.converts(t) {
		return c.running.target
	}
	c.end()
	if t.Codec.Playable() {
		return t
	}
	return c.start(t)
}

func (c *soundConversion) start(t media.Track) media.Track {
	r := &converterRun{source: t, target: sound.Target(t), ended: make(chan struct{})}
	r.converter = sound.New(sound.Config{FFmpeg: c.ffmpeg, Source: t, Delay: c.startDelay(time.Now())}, c.log)
	ctx, cancel := context.WithCancel(context.Background()) // ends with the track
	r.cancel = cancel
	go func() {
		defer close(r.ended)
		r.err = r.converter.Run(ctx)
	}()
	c.running = r
	c.stats.converter.Store(r.converter)
	c.advise(ingest.Advice{
		Code: ingest.AdviceSoundConverted, Severity: ingest.Notice,
		Text: fmt.Sprintf("the sound is %s, which players can't play; the server makes AAC of it, which costs quality and delay:"+
			" set the encoder to AAC", t.Codec),
	})
	return r.target
}

// write converts a sample. The error wraps ingest.ErrUnsupported.
func (c *soundConversion) write(s media.Sample) error {
	r := c.running
	r.converter.Write(s)
	select {
	case <-r.ended:
		c.end()
		c.log.Error("sound is left out", "err", r.err)
		return soundLeftOut(r.source, "FFmpeg can't convert it")
	default:
		return nil
	}
}

// flush outputs the AAC that is there.
func (c *soundConversion) flush() error {
	for c.running != nil {
		select {
		case s, ok := <-c.running.converter.Output():
			if !ok {
				return nil // write tells why
			}
			if err := c.outputFrame(s); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// outputFrame outputs a frame, unless the last frame of another run reaches into it.
func (c *soundConversion) outputFrame(s media.Sample) error {
	scale := c.running.target.Timescale
	if media.Rescale(s.DTS, scale, media.VideoTimescale) < c.convertedTo {
		return nil
	}
	c.convertedTo = media.Rescale(s.DTS+s.Duration, scale, media.VideoTimescale)
	return c.output(s)
}

// end outputs the rest, for which it waits a bounded time.
func (c *soundConversion) end() {
	r := c.running
	if r == nil {
		return
	}
	r.converter.Finish()
	timer := time.AfterFunc(drainTimeout, r.cancel)
	defer timer.Stop()
	for s := range r.converter.Output() {
		_ = c.outputFrame(s) // the publication, or the track, ends anyway
	}
	<-r.ended
	r.cancel()
	c.running = nil
	c.stats.converter.Store(nil)
	c.advise(ingest.Advice{Code: ingest.AdviceSoundConverted})
}

// soundLeftOut is the error for sound that is left out. Viewers who have heard it hear
// silence from then on.
func soundLeftOut(t media.Track, why string) error {
	return fmt.Errorf("%w: audio codec %s, and %s; set the encoder to AAC (or Opus, AC-3, E-AC-3, MP3)", ingest.ErrUnsupported, t.Codec, why)
}
