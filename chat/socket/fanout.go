package socket

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Fanout delivers the publications of some channels to this process's subscribers, in
// place of the node's hub: the hub's way, by a queue, a timer and a goroutine for each
// connection, costs as much as the write does.
//
// A client subscribes to the node as ever, which checks it, reads the history and
// answers; [Fanout.Join] goes around that, and holds back what is published meanwhile.
// Afterwards each publication that [Fanout.Publish] is given goes to every subscriber
// in the order in which it was given, once: it is encoded and framed once, by one
// goroutine a room, and the frame's bytes are written to each connection. What comes
// while that goroutine writes, or while it waits (see pace), shares the next frame.
type Fanout struct {
	mu      sync.Mutex
	rooms   map[string]*subscribers
	load    load
	closed  bool
	done    chan struct{}
	running sync.WaitGroup
}

// NewFanout makes a fan-out without subscribers.
func NewFanout() *Fanout {
	return &Fanout{rooms: make(map[string]*subscribers), load: newLoad(), done: make(chan struct{})}
}

// Join subscribes a client: subscribe is the call that makes the library do so, and
// answer the client, before it returns. [Fanout.Leave] must be called when the
// subscription ends, as centrifuge.Client's OnUnsubscribe tells. Join tells whether the
// client is subscribed in the end.
func (f *Fanout) Join(client *centrifuge.Client, channel string, subscribe func()) bool {
	t, _ := client.Transport().(*transport)
	m := &member{client: client, transport: t, index: -1}
	f.enter(channel, m)
	var told answer
	if t != nil {
		t.answer.Store(&told)
	}
	subscribe()
	if t != nil {
		t.answer.Store(nil)
	}
	if !told.seen {
		m.transport = nil // another transport, or one that queues answers: the library writes
	}
	f.mu.Lock()
	a := f.rooms[channel]
	f.mu.Unlock()
	if a != nil {
		a.begin(m, told)
	}
	if !client.IsSubscribed(channel) { // refused, or over already, when Leave let it be
		f.Leave(client, channel)
		return false
	}
	return true
}

// enter adds a member, which is held back.
func (f *Fanout) enter(channel string, m *member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.rooms[channel]
	if a == nil {
		a = newSubscribers(f, channel)
		f.rooms[channel] = a
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.add(m)
}

// Leave ends a subscription, and tells whether it did. There may be none, or a later
// one, which stays: the library tells of the end after it has told the client, who may
// be back by then.
func (f *Fanout) Leave(client *centrifuge.Client, channel string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.rooms[channel]
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.members[client]; m != nil && m.index < 0 || client.IsSubscribed(channel) {
		return false
	}
	a.remove(client)
	if len(a.members) == 0 && !a.busy {
		delete(f.rooms, channel)
	}
	return true
}

// Publish delivers a publication. Calls for one channel must come one after the other,
// in the order of the stream; a publication without offset has no place in a stream.
// It does not wait for the deliveries, and the error is nil: the form is what brokers
// call.
func (f *Fanout) Publish(channel string, pub *centrifuge.Publication, position centrifuge.StreamPosition) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.rooms[channel]; a != nil && !f.closed {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.publish(pub, position)
	}
	return nil
}

// collect forgets a channel that nobody is subscribed to.
func (f *Fanout) collect(channel string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.rooms[channel]; a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.members) == 0 && !a.busy {
			delete(f.rooms, channel)
		}
	}
}

// Close ends the deliveries, or leaves them behind when ctx ends.
func (f *Fanout) Close(ctx context.Context) error {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.done)
	}
	f.mu.Unlock()
	ended := make(chan struct{})
	go func() { // ends with the deliveries, none of which waits for anybody
		defer close(ended)
		f.running.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wrote takes down how long a frame took.
func (f *Fanout) wrote(took time.Duration, readers int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load.wrote(took, readers)
}

// sleep waits unless the fan-out is closed.
func (f *Fanout) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.done:
	}
}

// writers is how many goroutines write to one large room: half of the processors, for
// the kernel's work on the receiving side and everything else needs some, too.
func writers() int { return max(1, runtime.GOMAXPROCS(0)/2) }
