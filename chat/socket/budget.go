package socket

import "time"

// budget slows down a peer who sends more than any client has to: pings, empty parts of
// a message, requests that are refused. It costs them a wait and others nothing, since
// the connection is read no faster meanwhile.
type budget struct{ spent time.Time } // when all that was sent will have been earned

const (
	// frameCost is what a frame takes of a second: 4,000 small ones fill it, which is more
	// than a bot writes in a large room, and about 10 ms of a processor's work.
	frameCost = time.Second / 4000
	// costlyBytes cost as much as a frame.
	costlyBytes = 64
	// ahead is how much may be spent before it is earned: 8,000 frames, or half a megabyte.
	ahead = 2 * time.Second
)

// spend takes a frame from the budget, and tells how long to wait before it is read.
func (b *budget) spend(now time.Time, length int64) time.Duration {
	if b.spent.Before(now) {
		b.spent = now
	}
	b.spent = b.spent.Add(frameCost * time.Duration(1+length/costlyBytes))
	return max(0, b.spent.Sub(now)-ahead)
}
