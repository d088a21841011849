package socket

import "time"

// pace is how fast a room's messages come, and from that how long one waits for
// others to share its frame. To write a frame costs many times what a message in it
// costs, so that a room pays by frames: at 20 messages a second, two or three in each
// make it two or three times cheaper. In a quiet room there is nothing to gather, in
// a small one nothing to save: there a message goes out at once.
type pace struct {
	last time.Time
	gap  float64 // mean seconds between messages
}

const (
	// fewReaders can be written to in a millisecond or two.
	fewReaders = 200
	// perReader is how much a reader adds to the delay: some times what it costs to
	// write to her, so that the delay is of the order of the writing itself.
	perReader = 50 * time.Microsecond
	// usualDelay is what a reader of a busy room does not notice.
	usualDelay = 100 * time.Millisecond
	// worthwhile is how many messages have to come on average while one waits.
	worthwhile = 0.6
	// memory is the weight of the past in the mean: about ten messages.
	memory = 0.9
)

// note takes down a message.
func (p *pace) note(now time.Time) {
	if p.last.IsZero() {
		p.gap = 1
	} else {
		// A long silence says as much as one second of it.
		p.gap = memory*p.gap + (1-memory)*min(max(now.Sub(p.last).Seconds(), 0), 1)
	}
	p.last = now
}

// delay is how long a message waits for others; 0: not at all.
func (p *pace) delay(readers int) time.Duration {
	if readers < fewReaders {
		return 0
	}
	delay := min(time.Duration(readers)*perReader, usualDelay)
	if delay.Seconds() < worthwhile*p.gap {
		return 0
	}
	return delay
}
