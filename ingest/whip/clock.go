package whip

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

const (
	// slewDivisor bounds how fast the picture's clock is corrected: by a tenth of the time
	// that passes.
	slewDivisor = 10
	// maxSkew is how far two tracks can be apart. More comes of clocks that aren't one.
	maxSkew = 10 * time.Second
)

// clock brings the RTP timestamps of sound and picture, which begin at random (RFC 3550
// §5.1), onto one clock of 90 kHz. A track begins where the other one is when its first
// packet comes. Sender reports then tell which timestamps of the two are of one moment
// (§6.4.1): what the picture is off is taken out of its times little by little, since
// units of sound follow each other without a gap.
type clock struct {
	tracks [2]rtpTrack // by media.Kind
	skew   media.Ticks // that the picture has still to move by, at 90 kHz
}

// rtpTrack is the clock of one track.
type rtpTrack struct {
	rate  media.Timescale
	begun bool
	last  uint32      // timestamp
	ticks media.Ticks // since the first packet, at the rate: last, unrolled
	start media.Ticks // of the first packet, at 90 kHz, with the corrections so far
	most  media.Ticks // furthest time given out, at 90 kHz
	moved time.Time   // arrival of it

	reported bool
	ntp      time.Time   // of the last sender report
	at       media.Ticks // ticks of the same moment
}

func newClock(video, audio media.Timescale) *clock {
	c := &clock{}
	c.tracks[media.Video].rate, c.tracks[media.Audio].rate = video, audio
	return c
}

// at is the time of a packet that came at a time.
func (c *clock) at(k media.Kind, timestamp uint32, arrival time.Time) int64 {
	t := &c.tracks[k]
	if !t.begun {
		t.begun, t.last = true, timestamp
		if other := &c.tracks[1-k]; other.begun {
			t.start = other.most + media.TicksOf(arrival.Sub(other.moved), media.VideoTimescale)
		}
	}
	before := t.ticks
	t.ticks += media.Ticks(int32(timestamp - t.last)) // which unrolls the 32 bits
	t.last = timestamp
	if k == media.Video {
		c.slew(media.Rescale(t.ticks-before, t.rate, media.VideoTimescale))
	}
	at := t.time(t.ticks)
	if at > t.most || t.moved.IsZero() {
		t.most, t.moved = at, arrival
	}
	return int64(at)
}

// slew corrects the picture's clock where its timestamps have moved on by so much.
func (c *clock) slew(passed media.Ticks) {
	limit := max(passed, 0) / slewDivisor
	step := min(max(c.skew, -limit), limit)
	c.tracks[media.Video].start += step
	c.skew -= step
}

// report takes a sender report: the sender's clock at the moment of a timestamp. It must come
// after a packet of the track.
func (c *clock) report(k media.Kind, ntp time.Time, timestamp uint32) {
	t, other := &c.tracks[k], &c.tracks[1-k]
	if !t.begun || ntp.IsZero() {
		return // a sender without a clock reports 0 (RFC 3550 §6.4.1)
	}
	t.reported, t.ntp = true, ntp
	t.at = t.ticks + media.Ticks(int32(timestamp-t.last)) // likewise
	if !other.reported {
		return
	}
	video, audio := &c.tracks[media.Video], &c.tracks[media.Audio]
	right := audio.time(audio.at) + media.TicksOf(video.ntp.Sub(audio.ntp), media.VideoTimescale)
	skew := right - video.time(video.at)
	if skew.Duration(media.VideoTimescale).Abs() > maxSkew {
		skew = 0
	}
	c.skew = skew
}

func (t *rtpTrack) time(ticks media.Ticks) media.Ticks {
	return t.start + media.Rescale(ticks, t.rate, media.VideoTimescale)
}

// ntpEpoch is when the time of sender reports begins (RFC 3550 §4), in seconds before 1970.
const ntpEpoch = 2_208_988_800

// ntpTime reads the 64 bits of a sender report; 0 is the zero time.
func ntpTime(ntp uint64) time.Time {
	if ntp == 0 {
		return time.Time{}
	}
	seconds, fraction := int64(ntp>>32)-ntpEpoch, (ntp&0xffffffff)*uint64(time.Second)>>32 // 32 bits
	return time.Unix(seconds, int64(fraction))                                             // below a second
}
