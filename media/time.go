package media

import (
	"math/bits"
	"time"
)

// Timescale is the number of ticks in a second of a track's media time.
type Timescale uint32

// VideoTimescale is the timescale of every video track and of the segment grid:
// 90 kHz, as in MPEG-TS and RTP.
const VideoTimescale Timescale = 90_000

// Ticks is media time in units of some [Timescale], which the context names.
type Ticks int64

// Rescale converts ticks of one timescale to another, rounding to nearest.
// It is exact for any input that fits: the product is formed in 128 bits.
func Rescale(t Ticks, from, to Timescale) Ticks {
	if from == to || from == 0 {
		return t
	}
	if t < 0 {
		return -Rescale(-t, from, to)
	}
	hi, lo := bits.Mul64(uint64(t), uint64(to))
	lo, carry := bits.Add64(lo, uint64(from)/2, 0)
	quo, _ := bits.Div64(hi+carry, lo, uint64(from))
	return Ticks(quo)
}

// Duration converts ticks of the given timescale to a time.Duration.
func (t Ticks) Duration(scale Timescale) time.Duration {
	return time.Duration(Rescale(t, scale, Timescale(time.Second)))
}

// TicksOf converts a duration to ticks of the given timescale.
func TicksOf(d time.Duration, scale Timescale) Ticks {
	return Rescale(Ticks(d), Timescale(time.Second), scale)
}

// Clock ties the media time of one publication to wall-clock time. It is set
// once, when the publication starts, and every rendition shares it: that is why
// all of them agree on ProgramDateTime.
type Clock struct {
	// Start is the wall-clock instant of media time Origin.
	Start time.Time
	// Origin is a media time in ticks of [VideoTimescale].
	Origin Ticks
}

// ProgramDateTime is the wall-clock instant of media time t, given in ticks of
// the timescale (RFC 8216bis §4.4.4.6).
func (c Clock) ProgramDateTime(t Ticks, scale Timescale) time.Time {
	return c.Start.Add((Rescale(t, scale, VideoTimescale) - c.Origin).Duration(VideoTimescale))
}
