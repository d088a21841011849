package packager

import "github.com/globalfandom/lightstick/media"

// alignment moves decoding times so that a segment's first picture is shown when it is
// decoded, in the manner of negative composition offsets (ISO/IEC 14496-12 §8.6.1.3).
//
// An encoder that reorders pictures shows each keyframe some frames after it is decoded.
// A segment's decode time (tfdt) would then be earlier than its first picture by as much,
// and players that place segments by decode time, hls.js among them, would expect each
// segment to end before its last pictures.
type alignment struct {
	delay   media.Ticks // from decoding to showing a keyframe, as the encoder counts
	settled bool        // delay is known for the publication
}

// begin makes the next keyframe settle the delay. It stays the same within a
// publication, so that decode times run on without a gap.
func (a *alignment) begin() { a.settled = false }

// align moves the sample's decoding time; it is shown when it was.
func (a *alignment) align(s media.Sample) media.Sample {
	if !a.settled && s.KeyFrame {
		a.delay, a.settled = s.CompositionOffset, true
	}
	s.DTS += a.delay
	s.CompositionOffset -= a.delay
	return s
}
