package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// partRule says where the parts of a segment end. All counts are frames.
//
// Parts are as long as PART-TARGET allows, with two exceptions. A segment's last part has
// at least half of it, and a whole run of reordered pictures: players look media up by
// time, and take a segment for complete when a short remainder of it is missing. And a
// part that could end with a whole run does, if it is long enough, so that what was
// fetched can be shown without a hole. Only the last part of a segment and, where there
// is no other way, the first, which is independent, are shorter than 85% of PART-TARGET
// (RFC 8216bis §4.4.4.9).
type partRule struct {
	most  int // a part has at most so many
	least int // and at least so many, but for the first and the last of a segment
	tail  int // the last has at least so many
	run   int // the longest run of reordered pictures; 1: nothing is reordered
}

// newPartRule makes the rule for a PART-TARGET and the usual distance of frames. What a
// part lasts may differ by slack from the sum of its frames.
func newPartRule(target, frame, slack media.Ticks, run int) partRule {
	most := int(max(target/frame, 1))
	least := (target*85+99)/100 + slack
	return partRule{most: most, least: int((least + frame - 1) / frame), run: run, tail: min(max((most+1)/2, run), most)}
}

// even reports whether so many frames can be parts of which none is short.
func (p partRule) even(rest int) bool {
	return rest <= 0 || (rest+p.most-1)/p.most*p.least <= rest
}

// fits reports whether so many frames can be parts of which only the last is short.
func (p partRule) fits(rest int) bool {
	return rest <= 0 || (rest-1)/p.most*p.least+p.tail <= rest
}

// ends reports whether a part ends after n frames. The segment is expected to go on for
// rest more; if that isn't positive, nobody knows. first is for the first part of a
// segment with a keyframe. whole says that no picture that comes later is shown before
// one of these.
func (p partRule) ends(n, rest int, first, whole bool) bool {
	if whole && p.run > 1 && n >= p.least && n+p.run > p.most && p.fits(rest) {
		return true
	}
	return (first || n >= p.least) && n >= p.length(n, n+rest, first)
}

// length is how long a part should be that has n frames, of so many that are left: as
// long as it may be without making a later one short.
func (p partRule) length(n, left int, first bool) int {
	if left <= n {
		return p.most
	}
	if p.run == 1 || p.least == p.most { // else whole runs come first
		for m := p.most; m >= max(n, p.least); m-- {
			if p.even(left - m) {
				return m
			}
		}
	}
	for m := p.most; m >= max(n, p.least); m-- {
		if p.fits(left - m) {
			return m
		}
	}
	for m := p.least - 1; first && m >= n; m-- {
		if p.fits(left - m) {
			return m
		}
	}
	return p.most
}

// partFrames is how many frames the longest part has when limit of them are asked for:
// somewhat fewer if that divides a segment evenly (0: its length isn't known), and at
// least a run of reordered pictures, of which a player can show nothing but the first
// before it has them all.
func partFrames(limit, segment, run int) int {
	most := max(limit, run, 1)
	for n := most; n >= run && 4*n >= 3*most; n-- {
		if segment%n == 0 {
			return n
		}
	}
	return most
}

// partTarget is PART-TARGET for parts of so many frames: up to the next millisecond, for
// timestamps that are whole milliseconds, and to the microsecond above that, as parts
// are listed.
func partTarget(frames int, frame media.Ticks, scale media.Timescale) time.Duration {
	return (media.Ticks(frames) * frame).Duration(scale).Truncate(time.Millisecond) + time.Millisecond + time.Microsecond
}

// framesWithin is how many frames a limit has room for, at least one. A hundredth of a
// frame forgives rounding: six frames of 23.976 fps are 250.25 ms.
func framesWithin(limit time.Duration, frame media.Ticks, scale media.Timescale) int {
	return int(max((media.TicksOf(limit, scale)+frame/100)/frame, 1))
}
