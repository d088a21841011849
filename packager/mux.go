package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// maxSoundLag is how far sound may lag behind the picture that it travels with. A
// source whose sound is later than that, or has stopped, is packaged without
// waiting, until the sound has caught up.
const maxSoundLag = 500 * time.Millisecond

// caughtUp is the lag at which sound is waited for again: more than silence that follows
// the picture has.
const caughtUp = maxSoundLag / 2

// maxRecent is how many samples of sound are kept for renditions that begin late: about
// 6 s of AAC, more than a transcoder takes to begin.
const maxRecent = 300

// mux makes pictures wait for the sound that travels with them in one rendition, so
// that what a part holds follows from media time, not from what came first.
type mux struct {
	sound   media.Track    // codec 0: sound is a rendition of its own, or there is none
	heard   media.Ticks    // on the grid: sound has come up to here
	recent  []media.Sample // the newest of it, oldest first
	lead    media.Ticks    // the leader's presentation times are this much after its DTS
	waiting []media.Sample
	late    bool
}

// muxed reports whether sound travels with the picture.
func (s *Stream) muxed() bool { return s.mux.sound.Codec != 0 }

// Muxed reports whether tracks of a kind travel with others now, so that they have no
// rendition of their own.
func (s *Stream) Muxed(k media.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k == media.Audio && s.muxed()
}

// listen takes a sample of the sound, which goes into every rendition with a picture.
func (s *Stream) listen(sample media.Sample) {
	scale := s.mux.sound.Timescale
	s.mux.heard = max(s.mux.heard, media.Rescale(sample.PTS()+sample.Duration, scale, media.VideoTimescale))
	if len(s.mux.recent) == maxRecent {
		s.mux.recent = s.mux.recent[1:]
	}
	s.mux.recent = append(s.mux.recent, sample)
	for _, r := range s.Renditions() {
		r.sound.add(sample)
	}
	s.leadOn()
	if len(s.mux.waiting) == 0 {
		s.standBeside(s.mux.heard)
	}
}

// leadMuxed takes a picture of the leader, which waits for its sound.
func (s *Stream) leadMuxed(sample media.Sample) {
	if sample.KeyFrame {
		s.mux.lead = sample.CompositionOffset
	}
	s.mux.waiting = append(s.mux.waiting, sample)
	if s.mux.late && sample.DTS+s.mux.lead-s.mux.heard <= media.TicksOf(caughtUp, media.VideoTimescale) {
		s.mux.late = false
	}
	s.leadOn()
}

// leadOn packages the pictures whose sound is there, and those that have waited for
// too long.
func (s *Stream) leadOn() {
	w := s.mux.waiting
	if len(w) == 0 {
		return
	}
	if lag := w[len(w)-1].DTS - w[0].DTS; lag > media.TicksOf(maxSoundLag, media.VideoTimescale) {
		s.mux.late = true
	}
	n := 0
	for n < len(w) && (s.mux.late || w[n].DTS+s.mux.lead <= s.mux.heard) {
		s.leadWith(s.leading, w[n])
		n++
	}
	s.mux.waiting = append(w[:0], w[n:]...)
}

// leadOut packages all pictures that wait: no sound will come.
func (s *Stream) leadOut() {
	for _, sample := range s.mux.waiting {
		s.leadWith(s.leading, sample)
	}
	s.mux.waiting = s.mux.waiting[:0]
}
