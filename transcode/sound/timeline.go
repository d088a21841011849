package sound

import (
	"sync"

	"github.com/globalfandom/lightstick/media"
)

// timeline gives frames the times of the sound that they hold, by counting samples on both
// sides of FFmpeg. It may be used concurrently.
type timeline struct {
	source, target media.Timescale

	mu      sync.Mutex
	begun   bool
	fed     media.Ticks // samples that FFmpeg was given, at the source's rate
	end     media.Ticks // when they end
	given   media.Ticks // samples that came back, priming included
	anchors []anchor    // the first is the one that holds now
}

// anchor says when a stretch of sound without gap begins.
type anchor struct {
	position media.Ticks // samples before it, at the target's rate
	dts      media.Ticks
}

// add takes a sample of the source into account, and returns its position in milliseconds.
func (t *timeline) add(s media.Sample) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun || s.DTS != t.end {
		t.begun = true
		t.anchors = append(t.anchors, anchor{
			position: media.Rescale(t.fed, t.source, t.target), dts: media.Rescale(s.DTS, t.source, t.target),
		})
	}
	at := media.Rescale(t.fed, t.source, 1000)
	t.fed += s.Duration
	t.end = s.DTS + s.Duration
	return uint64(at)
}

// next is when the next frame begins. It reports false for the frame that FFmpeg puts
// before the sound. Where a gap lies within a frame, the frame stays before it.
func (t *timeline) next() (dts media.Ticks, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	position := t.given - priming
	t.given += frameSamples
	if position < 0 || len(t.anchors) == 0 {
		return 0, false
	}
	for len(t.anchors) > 1 && t.anchors[1].position <= position {
		t.anchors = t.anchors[1:]
	}
	return t.anchors[0].dts + position - t.anchors[0].position, true
}

// pending is how much sound FFmpeg has that did not come back.
func (t *timeline) pending() media.Ticks {
	t.mu.Lock()
	defer t.mu.Unlock()
	return media.Rescale(t.fed, t.source, t.target) - t.given
}
