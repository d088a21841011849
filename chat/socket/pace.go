package socket

import (
	"math"
	"runtime"
	"time"
)

// How long a message waits for others to share its frame. A frame costs a system call for
// each reader, many times what a message in it costs, so that a room pays by frames. Where
// that is little, a message goes out at once. Where it would be much, a message waits
// until so many others have probably come that the share of time spent writing is as
// wanted, but not longer than maxDelay allows.

const (
	// wantedShare is what writing may take of the processors before messages wait.
	wantedShare = 0.03
	// usualDelay is how long a message may wait besides the time that writing to its room
	// takes: the more that is, the more a frame has to hold. With 10 ms of writing, as for
	// 1,000 readers, a message comes within 60 ms.
	usualDelay = 40 * time.Millisecond
	// longestDelay is what a reader of a busy room does not notice.
	longestDelay = 100 * time.Millisecond
	// worthwhile is how many messages must probably come in the longest time that a message
	// may wait: in a room with fewer, nearly every message would wait for nothing.
	worthwhile = 0.6
	// memory is the weight of the past in the mean of gaps: about ten messages.
	memory = 0.9
	// memoryOfDemand is over how long the demand is taken.
	memoryOfDemand = time.Second
	// memoryOfCost is over how many writes to a reader the mean of their cost is taken.
	memoryOfCost = 4000
	// firstCost is the cost of a write before any was measured.
	firstCost = 10e-6
)

// load is what the process spends on writing, in all rooms.
type load struct {
	processors float64
	cost       float64 // mean seconds of one goroutine to write to one reader
	demand     float64 // seconds in each second, if every message had a frame of its own
	at         time.Time
}

func newLoad() load { return load{processors: float64(runtime.GOMAXPROCS(0)), cost: firstCost} }

// note takes down a message for so many readers.
func (l *load) note(now time.Time, readers int) {
	past := math.Exp(-max(now.Sub(l.at), 0).Seconds() / memoryOfDemand.Seconds())
	l.demand = past*l.demand + l.cost*float64(readers)/memoryOfDemand.Seconds()
	l.at = now
}

// wrote takes down how long it took to write a frame to so many readers.
func (l *load) wrote(took time.Duration, readers int) {
	if readers == 0 {
		return
	}
	took *= time.Duration(partsFor(readers))
	n := float64(readers)
	l.cost += (took.Seconds()/n - l.cost) * n / (n + memoryOfCost)
}

// perFrame is how many messages must share a frame for the share of time that is wanted:
// the same in all rooms.
func (l *load) perFrame() float64 {
	return l.demand / (wantedShare * l.processors)
}

// maxDelay is how long a message for so many readers may wait.
func (l *load) maxDelay(readers int) time.Duration {
	writing := time.Duration(l.cost * float64(readers) / float64(partsFor(readers)) * float64(time.Second))
	return min(usualDelay+writing, longestDelay)
}

// pace is how fast a room's messages come.
type pace struct {
	last time.Time
	gap  float64 // mean seconds between messages
}

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
func (p *pace) delay(l *load, readers int) time.Duration {
	longest := l.maxDelay(readers)
	if longest.Seconds() < worthwhile*p.gap {
		return 0
	}
	wanted := max(0, l.perFrame()-1) * p.gap
	return time.Duration(min(wanted, longest.Seconds()) * float64(time.Second))
}
