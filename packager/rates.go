package packager

import "time"

// headroom is added to measured bit rates, in per cent: BANDWIDTH must hold for
// segments that are still to come (RFC 8216bis §4.4.6.2).
const headroom = 15

// rateSpan is what bit rates are measured over if playlists list less.
const rateSpan = 5 * time.Minute

// rates are a rendition's bit rates over the newest segments. The peak is that of any
// contiguous set of segments whose total duration is between 0.5 and 1.5 target durations
// (RFC 8216bis §4.1): a shorter one says nothing about the rate.
type rates struct {
	segments []ratedSegment // oldest first
	sum      ratedSegment   // of all of them
	peak     ratedPeak      // the highest of all of them
}

// ratedSegment is the size of one segment, or of several.
type ratedSegment struct {
	bits, keyBits int64 // of the segment, and of its first keyframe
	duration      time.Duration
	peak          ratedPeak // of the sets of segments that end with this one
}

// ratedPeak is the highest bit rates, in bit/s, of all media and of the keyframes alone.
type ratedPeak struct{ all, keys int64 }

func (p ratedPeak) max(q ratedPeak) ratedPeak {
	return ratedPeak{max(p.all, q.all), max(p.keys, q.keys)}
}

// addSegment takes a segment into account, and forgets those that ended more than span before its
// end; sizes are in bytes. The target duration is the one that segments are cut to.
func (r *rates) addSegment(size, keyFrame int, d, target, span time.Duration) {
	if d <= 0 {
		return
	}
	r.segments = append(r.segments, ratedSegment{bits: int64(size) * 8, keyBits: int64(keyFrame) * 8, duration: d})
	added := &r.segments[len(r.segments)-1]
	added.peak = r.newestPeak(target)
	r.peak = r.peak.max(added.peak)
	r.sum.bits += added.bits
	r.sum.duration += d
	r.removeOlder(span)
}

// newestPeak is the peak of the sets of segments that end with the newest one.
func (r *rates) newestPeak(target time.Duration) (peak ratedPeak) {
	var set ratedSegment
	for i := len(r.segments) - 1; i >= 0; i-- {
		s := r.segments[i]
		set.bits, set.keyBits, set.duration = set.bits+s.bits, set.keyBits+s.keyBits, set.duration+s.duration
		if 2*set.duration > 3*target {
			break
		}
		if 2*set.duration >= target {
			peak = peak.max(ratedPeak{bitRate(set.bits, set.duration), bitRate(set.keyBits, set.duration)})
		}
	}
	return peak
}

// removeOlder forgets the segments that ended more than span before the end of the newest.
func (r *rates) removeOlder(span time.Duration) {
	n, lost := 0, false
	for n < len(r.segments)-1 && r.sum.duration-r.segments[n].duration >= span {
		s := r.segments[n]
		r.sum.bits -= s.bits
		r.sum.duration -= s.duration
		lost = lost || s.peak.all == r.peak.all || s.peak.keys == r.peak.keys
		n++
	}
	r.segments = r.segments[n:]
	if !lost {
		return
	}
	r.peak = ratedPeak{}
	for _, s := range r.segments {
		r.peak = r.peak.max(s.peak)
	}
}

// bitRate is in bit/s.
func bitRate(bits int64, d time.Duration) int64 {
	return int64(float64(bits) / d.Seconds())
}

// bandwidth is the peak segment bit rate, or what the encoder was told to keep to if that
// is more, with headroom; in bit/s.
func (r *rates) bandwidth(declared int) int64 {
	peak := r.peak.all
	if peak == 0 { // all segments so far are too short
		peak = r.average()
	}
	return max(peak, int64(declared)) * (100 + headroom) / 100
}

// keyFrames is the peak segment bit rate of the keyframes alone, with headroom; 0 if there
// are none.
func (r *rates) keyFrames() int64 { return r.peak.keys * (100 + headroom) / 100 }

// average is the average segment bit rate, in bit/s.
func (r *rates) average() int64 {
	if r.sum.duration < time.Millisecond {
		return 0
	}
	return bitRate(r.sum.bits, r.sum.duration)
}
