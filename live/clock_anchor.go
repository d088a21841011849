package live

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// clockAnchor finds when media time 0 was on the wall clock: as late as the sample that
// was delayed least says, so that no picture is dated after its arrival.
//
// It is a whole millisecond, as are pictures' times of most sources. Players read
// dates to the millisecond: a picture's date is exact, and sound is dated up to
// one early. Dated late, hls.js would look for sound after its last sample in a part
// that it has, and stop there, when it changes to another CDN.
type clockAnchor struct {
	start time.Time
}

// observe takes a sample into account, and reports whether the anchor moved.
func (a *clockAnchor) observe(scale media.Timescale, s media.Sample, arrival time.Time) bool {
	start := arrival.Add(-s.PTS().Duration(scale))
	start = start.Add(-time.Duration(start.Nanosecond()) % time.Millisecond) // unlike Truncate it keeps the monotonic clock
	if !a.start.IsZero() && !start.Before(a.start) {
		return false
	}
	a.start = start
	return true
}
