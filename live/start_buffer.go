package live

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// waitingSample is one that came before all tracks were known.
type waitingSample struct {
	kind   media.Kind
	sample media.Sample
}

// Bounds of the wait for tracks, in media time and bytes.
const (
	// trackWait is how long a track that was announced may stay away.
	trackWait = 2 * time.Second
	// unannouncedWait is how long a second track is waited for if nobody announced one.
	unannouncedWait = 700 * time.Millisecond
	maxWaiting      = 32 << 20
	// maxWithoutKeyframe bounds the samples that wait for a first keyframe.
	maxWithoutKeyframe = 4096
	// maxEvents bounds the events that wait for the tracks to be known.
	maxEvents = 32
)

// startBuffer keeps what comes until an epoch can begin: until every track that was announced
// is known, or as many as come in time.
type startBuffer struct {
	announced bool    // expected has been set
	expected  [2]bool // kinds of tracks that the publisher announced
	samples   []waitingSample
	bytes     int
	events    []media.Event
}

// expect sets what the publisher announced.
func (b *startBuffer) expect(video, audio bool) {
	b.expected = [2]bool{media.Video: video, media.Audio: audio}
	b.announced = video || audio
}

func (b *startBuffer) addSample(k media.Kind, s media.Sample) {
	b.samples = append(b.samples, waitingSample{k, s})
	b.bytes += len(s.Payload)
}

func (b *startBuffer) addEvent(e media.Event) {
	if len(b.events) < maxEvents {
		b.events = append(b.events, e)
	}
}

// takeSamples empties the buffer of samples.
func (b *startBuffer) takeSamples() []waitingSample {
	samples := b.samples
	b.samples, b.bytes = nil, 0
	return samples
}

// takeEvents empties the buffer of events.
func (b *startBuffer) takeEvents() []media.Event {
	events := b.events
	b.events = nil
	return events
}

// ready reports whether enough is known to begin.
func (b *startBuffer) ready(tracks [2]media.Track) bool {
	haveVideo, haveAudio := tracks[media.Video].Codec != 0, tracks[media.Audio].Codec != 0
	if haveVideo && haveAudio || b.bytes > maxWaiting {
		return true
	}
	waited := b.span(tracks)
	if b.announced {
		missing := b.expected[media.Video] && !haveVideo || b.expected[media.Audio] && !haveAudio
		return !missing || waited > trackWait
	}
	if haveVideo {
		return waited > unannouncedWait
	}
	return waited > trackWait
}

// span is the media time from the first sample to the last.
func (b *startBuffer) span(tracks [2]media.Track) time.Duration {
	if len(b.samples) == 0 {
		return 0
	}
	first, last := b.samples[0], b.samples[len(b.samples)-1]
	return last.time(tracks).Duration(media.VideoTimescale) - first.time(tracks).Duration(media.VideoTimescale)
}

// time is the sample's presentation time at 90 kHz.
func (w waitingSample) time(tracks [2]media.Track) media.Ticks {
	return media.Rescale(w.sample.PTS(), tracks[w.kind].Timescale, media.VideoTimescale)
}

// aligned returns the samples from the first keyframe on, without sound that is heard before
// the picture is seen; nil while there is no keyframe. It leaves them in the buffer, except
// for too many without a keyframe, which it drops.
func (b *startBuffer) aligned(tracks [2]media.Track) []waitingSample {
	if tracks[media.Video].Codec == 0 {
		return b.samples
	}
	for i, w := range b.samples {
		if w.kind == media.Video && w.sample.KeyFrame {
			return b.from(i, tracks)
		}
	}
	if len(b.samples) > maxWithoutKeyframe || b.bytes > maxWaiting {
		b.samples, b.bytes = b.samples[:0], 0
	}
	return nil
}

func (b *startBuffer) from(key int, tracks [2]media.Track) []waitingSample {
	start := b.samples[key].time(tracks)
	var kept []waitingSample
	for i, w := range b.samples {
		if i >= key && w.kind == media.Video || w.kind == media.Audio && w.time(tracks) >= start {
			kept = append(kept, w)
		}
	}
	return kept
}
