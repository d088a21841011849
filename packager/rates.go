package packager

import "time"

// headroom is added to measured bit rates, in per cent: BANDWIDTH must hold for
// segments that are still to come (RFC 8216bis §4.4.6.2).
const headroom = 15

// rates are a rendition's bit rates so far.
type rates struct {
	peakBPS    int64 // of a segment
	keyPeakBPS int64 // of a segment's first keyframe, shown for as long as the segment
	totalBits  int64
	totalTime  time.Duration
}

// add takes a segment into account; sizes are in bytes.
func (r *rates) add(size, keyFrame int, d time.Duration) {
	if d <= 0 {
		return
	}
	r.totalBits += int64(size) * 8
	r.totalTime += d
	// A segment of a few frames says nothing about the rate.
	length := int64(max(d, 100*time.Millisecond))
	r.peakBPS = max(r.peakBPS, int64(size)*8*int64(time.Second)/length)
	r.keyPeakBPS = max(r.keyPeakBPS, int64(keyFrame)*8*int64(time.Second)/length)
}

// bandwidth is the highest bit rate of a segment, or what the encoder was told to
// keep to if that is more, with headroom; in bit/s.
func (r *rates) bandwidth(declared int) int64 {
	return max(r.peakBPS, int64(declared)) * (100 + headroom) / 100
}

// keyFrames is the highest bit rate of the keyframes alone, with headroom.
func (r *rates) keyFrames() int64 { return r.keyPeakBPS * (100 + headroom) / 100 }

// average is the mean bit rate, in bit/s.
func (r *rates) average() int64 {
	if r.totalTime < time.Millisecond {
		return 0
	}
	return r.totalBits * 1000 / r.totalTime.Milliseconds()
}
