package socket

import (
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
)

// subscribers are the subscribers of a channel.
type subscribers struct {
	fanout  *Fanout
	channel string

	mu      sync.Mutex
	members map[*centrifuge.Client]*member
	waiting map[*member]struct{} // whose subscription has not been answered
	active  []*member            // the others
	pending []*publication
	count   uint64                    // of publications
	top     centrifuge.StreamPosition // of the last publication
	pace    pace
	busy    bool // deliver runs
}

func newSubscribers(f *Fanout, channel string) *subscribers {
	return &subscribers{
		fanout: f, channel: channel,
		members: make(map[*centrifuge.Client]*member), waiting: make(map[*member]struct{}),
	}
}

// member is a subscriber. What is not said otherwise is the subscribers', under its lock.
type member struct {
	client    *centrifuge.Client
	transport *transport // nil: the library writes to it
	index     int        // in active; -1: waiting
	held      []*publication
	from      answer // what it has from the history
	after     uint64 // count of the last publication that was held back
	settled   bool   // it has nothing of what comes; deliver's, once it is active

	// writing keeps what is on its way from coming after the end, when the client may be
	// back and have it from the history.
	writing sync.Mutex
	gone    bool
}

// deliver writes a batch unless the subscription has ended.
func (m *member) deliver(b *batch) {
	m.writing.Lock()
	defer m.writing.Unlock()
	if !m.gone {
		m.write(b)
	}
}

// end has nothing more written.
func (m *member) end() {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.gone = true
}

// maxHeld bounds what is held back while a client subscribes: it takes milliseconds.
const maxHeld = 1000

func (a *subscribers) add(m *member) {
	a.remove(m.client)
	m.index = -1
	a.members[m.client] = m
	a.waiting[m] = struct{}{}
}

func (a *subscribers) remove(client *centrifuge.Client) {
	m := a.members[client]
	if m == nil {
		return
	}
	delete(a.members, client)
	m.end()
	if m.index < 0 {
		delete(a.waiting, m)
		return
	}
	last := len(a.active) - 1
	a.active[m.index] = a.active[last]
	a.active[m.index].index = m.index
	a.active[last] = nil
	a.active = a.active[:last]
}

// begin lets a member have what was held back, from where the history ended, and all
// that comes.
func (a *subscribers) begin(m *member, from answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.members[m.client] != m {
		return // it has left
	}
	m.from = from
	held := m.held
	m.held = nil
	delete(a.waiting, m)
	if len(held) > maxHeld || !m.continues(held) {
		delete(a.members, m.client)
		a.again(m)
		return
	}
	m.write(newBatch(a.channel, held))
	m.after, m.settled = a.count, false // the same may be pending for the others
	m.index = len(a.active)
	a.active = append(a.active, m)
}

// publish adds to what is delivered next. The fan-out is locked, too.
func (a *subscribers) publish(pub *centrifuge.Publication, position centrifuge.StreamPosition) {
	if len(a.members) == 0 {
		a.top = centrifuge.StreamPosition{}
		return
	}
	if pub.Offset != 0 {
		if a.top.Offset != 0 && (position.Epoch != a.top.Epoch || pub.Offset != a.top.Offset+1) {
			a.restart()
		}
		a.top = centrifuge.StreamPosition{Offset: pub.Offset, Epoch: position.Epoch}
	}
	a.count++
	p := &publication{pub, position, a.count, a.due(time.Now())}
	for m := range a.waiting {
		if len(m.held) <= maxHeld {
			m.held = append(m.held, p)
		}
	}
	if len(a.active) == 0 && !a.busy {
		return
	}
	a.pending = append(a.pending, p)
	if !a.busy {
		a.busy = true
		a.fanout.running.Go(a.deliver)
	}
}

// due is when a message that came now goes out. The fan-out is locked, too.
func (a *subscribers) due(now time.Time) time.Time {
	a.pace.note(now)
	delay := a.pace.delay(&a.fanout.load, len(a.active))
	a.fanout.load.note(now, len(a.active))
	return now.Add(delay)
}

// restart has the subscribers subscribe again, since something is missing in the
// stream: they recover it. They get nothing until then.
func (a *subscribers) restart() {
	for _, m := range slices.Clone(a.active) {
		a.remove(m.client)
		a.again(m)
	}
}

// again has a member subscribe again.
func (a *subscribers) again(m *member) {
	a.fanout.running.Go(func() { // the library calls back
		m.client.Unsubscribe(a.channel, centrifuge.Unsubscribe{Code: centrifuge.UnsubscribeCodeInsufficient, Reason: "insufficient state"})
	})
}

// deliver writes what is pending until nothing is.
func (a *subscribers) deliver() {
	defer a.fanout.collect(a.channel)
	var to []*member
	for {
		due, more := a.next()
		if !more {
			return
		}
		a.fanout.sleep(time.Until(due))
		a.mu.Lock()
		pending := a.pending
		a.pending = nil
		to = append(to[:0], a.active...)
		a.mu.Unlock()
		begun := time.Now()
		write(newBatch(a.channel, pending), to)
		a.fanout.wrote(time.Since(begun), len(to))
		clear(to) // who leaves is not kept
	}
}

// next is when what is pending is due: when the first of it is. Without any, deliver ends.
func (a *subscribers) next() (due time.Time, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = len(a.pending) > 0
	if !a.busy {
		return time.Time{}, false
	}
	return a.pending[0].due, true
}

// share is how many members one goroutine writes to at least.
const share = 500

// partsFor is how many goroutines write to so many members.
func partsFor(members int) int { return min(writers(), members/share+1) }

// write writes a batch to all members, by several goroutines if there are many. None
// of them waits for a member.
func write(b *batch, to []*member) {
	parts := partsFor(len(to))
	if parts == 1 {
		for _, m := range to {
			m.deliver(b)
		}
		return
	}
	var group sync.WaitGroup
	for part := range slices.Chunk(to, len(to)/parts+1) {
		group.Go(func() {
			for _, m := range part {
				m.deliver(b)
			}
		})
	}
	group.Wait()
}
