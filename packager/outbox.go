package packager

import (
	"sync"
	"sync/atomic"
)

// outbox hands events to a stream's recorder and to its sources of timed objects with no lock
// held. Events are added while the stream's lock is held, so their order is that of the
// changes. They are handed over by one goroutine at a time.
type outbox struct {
	added, handed atomic.Int64

	mu      sync.Mutex
	events  []func()
	handing bool
	waiters sync.Cond // handed has grown
}

func newOutbox() *outbox {
	o := &outbox{}
	o.waiters.L = &o.mu
	return o
}

// add queues an event.
func (o *outbox) add(event func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, event)
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
	o.events, o.handing = nil, true
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.handing = false
		o.handed.Add(int64(len(events)))
		o.waiters.Broadcast()
	}()
	for _, event := range events {
		event()
	}
}
