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
	settled bool        // delay is known for the epoch
	last    media.Ticks // decoding time of the last picture
}

// beginEpoch makes the next keyframe settle the delay. It stays the same within a
// epoch, so that decode times run on without a gap.
func (a *alignment) beginEpoch() { a.settled = false }

// maxMisaligned is by how many frames keyframes of open groups may be shown after others.
const maxMisaligned = 5

// align moves the sample's decoding time; it is shown when it was. A keyframe after a pause
// may be decoded before that, by timestamps that are older pictures': it is moved after it,
// and the pictures that come next follow a tick after each other.
func (a *alignment) align(s media.Sample, frame media.Ticks) media.Sample {
	shown := s.PTS()
	if !a.settled && s.KeyFrame {
		a.delay, a.settled, a.last = s.CompositionOffset, true, shown-1
	}
	s.DTS += a.delay
	if s.KeyFrame && frame > 0 && shown-s.DTS > maxMisaligned*frame {
		s.DTS = shown
	}
	if a.settled {
		s.DTS = max(s.DTS, a.last+1)
		a.last = s.DTS
	}
	s.CompositionOffset = shown - s.DTS
	return s
}

// maxRun is the longest run that parts heed: the most pictures that H.264 and HEVC
// decoders hold back (max_num_reorder_frames), and the one that they wait for.
const maxRun = 17

// reorderRuns follows the runs of reordered pictures: a picture, and those after it in decoding
// order that are shown before it.
type reorderRuns struct {
	newest         media.Ticks // the latest presentation time so far
	length         int         // of the run that isn't whole yet
	usual, longest int         // the longest run of the segment before, and of this one
}

// isWhole reports whether no picture from next on is shown before one that came.
func (r *reorderRuns) isWhole(next media.Sample) bool { return next.PTS() > r.newest }

// addPicture takes up a picture.
func (r *reorderRuns) addPicture(s media.Sample) {
	if r.length == 0 || r.isWhole(s) {
		r.length = 0
		r.newest = s.PTS()
	}
	r.length = min(r.length+1, maxRun)
	r.longest = max(r.longest, r.length)
}

// beginSegment begins a segment.
func (r *reorderRuns) beginSegment() { r.usual, r.longest, r.length = r.longest, 1, 0 }

// longestExpected is the longest run that is to be expected.
func (r *reorderRuns) longestExpected() int { return max(r.usual, r.longest, 1) }
