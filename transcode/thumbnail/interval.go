package thumbnail

import "time"

// maxThumbs is how many thumbnails a recording of up to 12 hours gets at most: 20
// sheets, a few megabytes in all.
const maxThumbs = 2000

// intervals are the distances that read well on a seek bar.
var intervals = []time.Duration{2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60}

// Interval is how far apart the thumbnails of a recording should be: 2 s for up to an
// hour, 25 s for 12 hours, never so little that they are more than 2,000.
func Interval(duration time.Duration) time.Duration {
	for _, seconds := range intervals {
		if d := seconds * time.Second; duration <= maxThumbs*d {
			return d
		}
	}
	const minute = time.Minute
	return (duration/maxThumbs + minute - 1) / minute * minute
}
