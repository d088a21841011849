package packager

import (
	"cmp"
	"slices"

	"github.com/globalfandom/lightstick/media"
)

// pictureGroup is the pictures from the last keyframe on: what a decoder needs to show the newest
// of them. Their payloads lie in the chunks that were made of them.
type pictureGroup struct {
	samples []media.Sample
	size    int // bytes
}

// Limits of a group. One that has grown longer is forgotten up to the next keyframe: at 60
// frames a second the longest keyframe interval that segments follow has 1,200 pictures.
const (
	maxGroupPictures = 1500
	maxGroupBytes    = 16 << 20
)

// clear makes the group empty.
func (g *pictureGroup) clear() {
	clear(g.samples)
	g.samples, g.size = g.samples[:0], 0
}

// addPictures takes pictures whose payloads lie one after the other.
func (g *pictureGroup) addPictures(samples []media.Sample, payloads []byte) {
	for _, s := range samples {
		n := len(s.Payload)
		if s.KeyFrame {
			g.clear()
		}
		if s.KeyFrame || len(g.samples) > 0 {
			s.Payload = payloads[:n:n]
			g.samples = append(g.samples, s)
			g.size += n
		}
		payloads = payloads[n:]
	}
	if len(g.samples) > maxGroupPictures || g.size > maxGroupBytes {
		g.clear()
	}
}

// repeatFrom gives the pictures once more, a tick after each other in decoding order and in order
// of presentation, from a time on. The last one has no duration yet.
func (g *pictureGroup) repeatFrom(from media.Ticks) []media.Sample {
	shown := make([]int, len(g.samples))
	for i := range shown {
		shown[i] = i
	}
	slices.SortStableFunc(shown, func(i, j int) int { return cmp.Compare(g.samples[i].PTS(), g.samples[j].PTS()) })
	again := make([]media.Sample, len(g.samples))
	for rank, i := range shown {
		again[i] = media.Sample{
			DTS: from + media.Ticks(i), CompositionOffset: media.Ticks(rank - i), Duration: 1,
			KeyFrame: g.samples[i].KeyFrame, Payload: g.samples[i].Payload,
		}
	}
	return again
}
