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

// isMuxed reports whether sound travels with the picture.
func (m *mux) isMuxed() bool { return m.sound.Codec != 0 }

// addSound takes a sample of the sound.
func (m *mux) addSound(sample media.Sample) {
	m.heard = max(m.heard, media.Rescale(sample.PTS()+sample.Duration, m.sound.Timescale, media.VideoTimescale))
	if len(m.recent) == maxRecent {
		m.recent = m.recent[1:]
	}
	m.recent = append(m.recent, sample)
}

// addPicture takes a picture of the leader, which waits for its sound.
func (m *mux) addPicture(sample media.Sample) {
	if sample.KeyFrame {
		m.lead = sample.CompositionOffset
	}
	m.waiting = append(m.waiting, sample)
	if m.late && sample.DTS+m.lead-m.heard <= media.TicksOf(caughtUp, media.VideoTimescale) {
		m.late = false
	}
}

// due are the waiting pictures whose sound is there, and those that have waited for too long.
// The caller packages them and removes them with removePictures.
func (m *mux) due() []media.Sample {
	w := m.waiting
	if len(w) == 0 {
		return nil
	}
	if lag := w[len(w)-1].DTS - w[0].DTS; lag > media.TicksOf(maxSoundLag, media.VideoTimescale) {
		m.late = true
	}
	n := 0
	for n < len(w) && (m.late || w[n].DTS+m.lead <= m.heard) {
		n++
	}
	return w[:n]
}

// removePictures gives up the first n waiting pictures.
func (m *mux) removePictures(n int) { m.waiting = append(m.waiting[:0], m.waiting[n:]...) }
