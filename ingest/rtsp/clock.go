package rtsp

import (
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// clock brings the RTP timestamps of a session's media, which begin at random (RFC 3550
// §5.1), onto one clock of 90 kHz: a track begins where the first one is when its first
// packet comes. gortsplib's own clock waits for a key frame, which some sources never send.
type clock struct {
	mu      sync.Mutex // media come in several goroutines when the transport is UDP
	first   *rtpTrack
	arrival time.Time // of the newest packet of the first track
}

// rtpTrack is the clock of one medium.
type rtpTrack struct {
	rate  media.Timescale // in Hz
	begun bool
	start media.Ticks // of the first packet, at 90 kHz
	last  uint32
	ticks media.Ticks // since the first packet, at the rate
	most  media.Ticks
}

// at is the time of a packet that came just now.
func (c *clock) at(t *rtpTrack, timestamp uint32, now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.begun {
		t.begun, t.last = true, timestamp
		if c.first == nil {
			c.first, c.arrival = t, now
		}
		t.start = c.first.time(c.first.most) + media.TicksOf(now.Sub(c.arrival), media.VideoTimescale)
	}
	t.ticks += media.Ticks(int32(timestamp - t.last)) // which unrolls the 32 bits
	t.last = timestamp
	if c.first == t && t.ticks > t.most {
		t.most, c.arrival = t.ticks, now
	}
	return int64(t.time(t.ticks))
}

func (t *rtpTrack) time(ticks media.Ticks) media.Ticks {
	return t.start + media.Rescale(ticks, t.rate, media.VideoTimescale)
}
