package packager

import "time"

// Bounds of what a stream makes of pictures that stand, in bytes. Timestamps say for how long a
// picture stands, and cost the publisher nothing: without a bound a few kilobytes of pictures
// that are far apart would become gigabytes of segments in a moment.
const (
	// restatedAtOnce is enough for a minute of large pictures in one burst.
	restatedAtOnce = 128 << 20
	// restatedPerSecond, of the wall clock, lets the largest group stand for as long as it likes.
	restatedPerSecond = 8 << 20
)

// restateBudget counts the bytes of restated pictures. They are subtracted as time goes by. The zero
// value is ready.
type restateBudget struct {
	spent int
	since time.Time // when spent was brought up to date
}

// allows reports whether so many bytes may be restated now.
func (b *restateBudget) allows(size int) bool {
	if b.spent+size <= restatedAtOnce {
		return true
	}
	now := time.Now()
	if !b.since.IsZero() {
		forgiven := min(now.Sub(b.since), time.Minute).Seconds() * restatedPerSecond
		b.spent = max(b.spent-int(forgiven), 0)
	}
	b.since = now
	return b.spent+size <= restatedAtOnce
}

// spendBytes counts bytes that were restated.
func (b *restateBudget) spendBytes(size int) {
	if b.spent == 0 {
		b.since = time.Now()
	}
	b.spent += size
}
