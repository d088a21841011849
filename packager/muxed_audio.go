package packager

import "github.com/globalfandom/lightstick/media"

// muxedAudio is the sound that travels with the picture of a muxed rendition: it
// waits for the part that it belongs to. The zero value has no track.
type muxedAudio struct {
	track   media.Track
	samples []media.Sample // oldest first
}

// beginTrack takes up a track. Its newest samples are given, for a rendition that is late to
// learn of it.
func (a *muxedAudio) beginTrack(t media.Track, recent []media.Sample) {
	if !a.track.SameInit(t) {
		a.samples = append(a.samples[:0], recent...)
	}
	a.track = t
}

// addSample takes a sample. When too many wait, for a picture that doesn't come, the
// oldest is given up.
func (a *muxedAudio) addSample(s media.Sample) {
	if a.track.Codec == 0 {
		return
	}
	if len(a.samples) == maxQueued {
		a.samples = a.samples[1:]
	}
	a.samples = append(a.samples, s)
}

// samplesBefore are the samples that begin before a time on the grid.
func (a *muxedAudio) samplesBefore(end media.Ticks) []media.Sample {
	n := 0
	for n < len(a.samples) && a.gridTime(a.samples[n]) < end {
		n++
	}
	return a.samples[:n]
}

// removeSamples gives up the first n samples.
func (a *muxedAudio) removeSamples(n int) { a.samples = append(a.samples[:0], a.samples[n:]...) }

func (a *muxedAudio) removeSamplesBefore(start media.Ticks) {
	a.removeSamples(len(a.samplesBefore(start)))
}

// gridTime is when a sample begins, on the grid.
func (a *muxedAudio) gridTime(s media.Sample) media.Ticks {
	return media.Rescale(s.PTS(), a.track.Timescale, media.VideoTimescale)
}
