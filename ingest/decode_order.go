package ingest

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

const (
	// maxReorder is the most pictures that may be decoded before one and shown after it
	// (ITU-T H.264 §A.3.1: MaxDpbFrames).
	maxReorder = 16
	// unknownFrame stands for the frame duration of a source that doesn't declare it.
	unknownFrame = time.Second / 30
)

// decodeOrder works out decode times from presentation times, which are all that RTP
// carries (RFC 6184 §5.1, RFC 7798 §4.1). Where n pictures at most are decoded before one
// and shown after it, the k-th picture is decoded at the (k-n)-th presentation time of all,
// in the order of showing. That holds after lost pictures, and without key frames.
type decodeOrder struct {
	depth   int                     // n
	frame   media.Ticks             // usual distance of pictures
	waiting []media.Ticks           // the last presentation times that nothing was decoded at, ascending
	recent  [maxReorder]media.Ticks // presentation times, a ring
	count   int                     // of pictures so far
	last    media.Ticks             // DTS
}

// declare takes up what the parameter sets say.
func (o *decodeOrder) declare(codec media.Codec, p bitstream.ParamSets, frame time.Duration) {
	o.depth = min(bitstream.ReorderDepth(codec, p), maxReorder)
	if frame == 0 {
		frame = unknownFrame
	}
	o.frame = media.TicksOf(frame, media.VideoTimescale)
}

// lead is how long before its presentation the first picture is decoded.
func (o *decodeOrder) lead() media.Ticks { return media.Ticks(o.depth) * o.frame }

// next gives the decode time of the next picture, and when it is shown. repair is the reason
// if that isn't pts: the picture would be shown before one that can't come after it.
// bidirectional says that it is a B picture, which may show that the source declares less
// reordering than it does, or nothing.
func (o *decodeOrder) next(pts media.Ticks, bidirectional bool) (dts, shown media.Ticks, repair string) {
	if behind := o.behind(pts); behind > o.depth {
		if !bidirectional {
			o.last++
			return o.last, o.last, RepairOrder
		}
		o.depth = behind
	}
	if o.count == 0 {
		for i := o.depth; i > 0; i-- {
			o.waiting = append(o.waiting, pts-media.Ticks(i)*o.frame)
		}
		o.last = pts - o.lead() - 1
	}
	o.recent[o.count%maxReorder] = pts
	o.count++
	at, _ := slices.BinarySearch(o.waiting, pts)
	o.waiting = slices.Insert(o.waiting, at, pts)
	dts = o.last + 1
	for len(o.waiting) > o.depth {
		dts = max(dts, o.waiting[0])
		o.waiting = slices.Delete(o.waiting, 0, 1)
	}
	o.last = dts
	if dts > pts && !bidirectional {
		return dts, dts, RepairMonotonic
	}
	return dts, pts, ""
}

// behind counts the pictures of late that are shown after pts.
func (o *decodeOrder) behind(pts media.Ticks) (n int) {
	for _, other := range o.recent[:min(o.count, maxReorder)] {
		if other > pts {
			n++
		}
	}
	return n
}
