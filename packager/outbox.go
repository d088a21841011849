package packager

import (
	"sync"
	"sync/atomic"
)

// outbox hands events to a stream's recorder and to its sources of timed objects with no lock
// held. Events are added while the stream's lock is held, so their order is that of the
// changes. They are handed over by one goroutine at a time.
type outbox struct {
	recorder      Recorder
	added, handed atomic.Int64

	mu      sync.Mutex
	events  []event
	spare   []event // of the events before
	handing bool
	waiters sync.Cond // handed has grown
}

// event is something to be told: a segment that is closed, or has expired, or anything else by
// calling a function.
type event struct {
	rendition string
	segment   *Segment
	expired   bool
	call      func()
}

func newOutbox(rec Recorder) *outbox {
	o := &outbox{recorder: rec}
	o.waiters.L = &o.mu
	return o
}

// add queues an event that a function tells.
func (o *outbox) add(call func()) { o.addEvent(event{call: call}) }

// addSegment queues a segment that is closed.
func (o *outbox) addSegment(rendition string, s *Segment) {
	o.addEvent(event{rendition: rendition, segment: s})
}

// addExpired queues a segment that has expired.
func (o *outbox) addExpired(rendition string, s *Segment) {
	o.addEvent(event{rendition: rendition, segment: s, expired: true})
}

func (o *outbox) addEvent(e event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, e)
	o.added.Add(1)
}

// flush returns when every event that was added before has been handed over, by this goroutine
// or by another. Events must not call it.
func (o *outbox) flush() {
	until := o.added.Load()
	if o.handed.Load() >= until {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.handed.Load() < until {
		if o.handing {
			o.waiters.Wait()
			continue
		}
		o.handOver()
	}
}

// handOver hands over the events that are queued. The mutex is held before and after, but not
// meanwhile.
func (o *outbox) handOver() {
	events := o.events
	o.events, o.handing = o.spare, true
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		clear(events)
		o.spare, o.handing = events[:0], false
		o.handed.Add(int64(len(events)))
		o.waiters.Broadcast()
	}()
	for _, e := range events {
		switch {
		case e.call != nil:
			e.call()
		case e.expired:
			o.recorder.Expire(e.rendition, e.segment)
		default:
			o.recorder.Segment(e.rendition, e.segment)
		}
	}
}
