package ingest

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// recordingSink keeps what a session gives it.
type recordingSink struct {
	tracks  []media.Track
	samples [2][]media.Sample
	events  []media.Event
	repairs map[string]int
	advice  []Advice
	closed  bool
	waits   string // kinds of track that it was told to expect
	refuse  error  // of tracks and samples
}

func newRecordingSink() *recordingSink { return &recordingSink{repairs: make(map[string]int)} }

func (r *recordingSink) Stream() media.StreamID { return "test" }
func (r *recordingSink) Expect(video, audio bool) {
	r.waits = map[bool]string{true: "video"}[video] + map[bool]string{true: "audio"}[audio]
}
func (r *recordingSink) SetTrack(t media.Track) error {
	r.tracks = append(r.tracks, t)
	return r.refuse
}
func (r *recordingSink) Write(k media.Kind, s media.Sample) error {
	r.samples[k] = append(r.samples[k], s)
	return r.refuse
}
func (r *recordingSink) Advise(a Advice)        { r.advice = append(r.advice, a) }
func (r *recordingSink) Event(e media.Event)    { r.events = append(r.events, e) }
func (r *recordingSink) Repaired(reason string) { r.repairs[reason]++ }
func (r *recordingSink) Close(error)            { r.closed = true }

// clock is an arrival time that moves with the media unless told otherwise.
var arrival = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// seconds of media time at 90 kHz.
func ticks(d time.Duration) media.Ticks { return media.TicksOf(d, media.VideoTimescale) }

// checkIncreasing fails unless all samples are there, and each comes at most so long
// after the one before it.
func checkIncreasing(t *testing.T, samples []media.Sample, count int, most media.Ticks) {
	t.Helper()
	if len(samples) != count {
		t.Errorf("%d samples of %d", len(samples), count)
	}
	for i := 1; i < len(samples); i++ {
		if step := samples[i].DTS - samples[i-1].DTS; step <= 0 || step > most {
			t.Errorf("sample %d comes %d ticks after the one before it", i, step)
		}
	}
}
