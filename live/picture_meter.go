package live

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// longPicture is how long a picture must be shown to count as one that stands: encoders
// that drop pictures drop fewer in a row.
const longPicture = 300 * time.Millisecond

// pictureMeter measures keyframe intervals, and how long pictures stand.
type pictureMeter struct {
	keyed   bool // there was a keyframe
	lastKey media.Ticks
	frames  int         // since then
	last    media.Ticks // DTS of the last picture
}

// observe takes a picture into account.
func (m *pictureMeter) observe(s media.Sample, now time.Time, stats *stats, in *intake) {
	stats.pictured.Store(now.UnixNano())
	if step := (s.DTS - m.last).Duration(media.VideoTimescale); m.frames > 0 && step > longPicture {
		stats.stood.Add(int64(step))
	}
	m.frames, m.last = m.frames+1, s.DTS
	if !s.KeyFrame {
		return
	}
	if m.keyed {
		interval := (s.DTS - m.lastKey).Duration(media.VideoTimescale)
		stats.keyInterval.Store(int64(interval))
		in.addInterval(keyInterval{interval, m.frames - 1})
	}
	m.keyed, m.lastKey, m.frames = true, s.DTS, 1
}
