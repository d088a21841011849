package cluster

import (
	"log/slog"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// grace is how long after Redis came back the other processes have to say where
// positions mean different things.
const grace = 2 * time.Second

// room is a channel that this process has subscribers of, holds, or published in.
type room struct {
	channel  string
	link     *link
	handlers *Handlers
	errors   *slog.Logger

	reconciling sync.Mutex // one reconciles it; before order
	// order is held while publications are added to the log and handed to the observer and
	// the clients, so that both get them in the order of the log; before mu. What is called
	// under it must not come back for this channel.
	order sync.Mutex

	mu         sync.Mutex
	holds      int
	subscribed bool  // the node has subscribers
	generation int64 // of the link that the log is in sync with; 0: none yet
	comparing  bool  // somebody compares the log with Redis's history
	missed     bool  // something came meanwhile that was not taken
	stale      bool  // it is in sync, but something that Redis sent has not come
	log        reconcile.Log
}

// inSync tells whether the log follows Redis. mu is held.
func (r *room) inSync() bool {
	return r.generation != 0 && r.generation == r.link.generation() && r.link.isUp()
}

// isInSync tells whether the room's publications go by Redis.
func (r *room) isInSync() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inSync()
}

// needsReconciling tells whether the log has to be compared with Redis's history.
func (r *room) needsReconciling() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.inSync() || r.stale
}

// markStale has the room reconciled soon. mu is held.
func (r *room) markStale() {
	r.stale = true
	r.link.wake()
}

func (r *room) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds++
	if !r.inSync() {
		r.markStale()
	}
}

func (r *room) unhold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds = max(0, r.holds-1)
}

func (r *room) setSubscribed(subscribed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subscribed = subscribed
}

// isWanted tells whether anybody here gets what Redis sends.
func (r *room) isWanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holds > 0 || r.subscribed
}

// isDisposable tells whether nobody needs the room, nothing in it is unpublished, and its
// positions are Redis's.
func (r *room) isDisposable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	needed := r.holds > 0 || r.subscribed || r.comparing || r.log.HasUnpublished()
	return !needed && (r.generation == 0 || r.inSync())
}

// publishLocally publishes without Redis. It is false if the room is in sync after all.
func (r *room) publishLocally(it reconcile.Item) (centrifuge.PublishResult, bool) {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	if r.inSync() {
		r.mu.Unlock()
		return centrifuge.PublishResult{}, false
	}
	added, known := r.log.AddLocal(it)
	result := centrifuge.PublishResult{StreamPosition: r.log.Position()}
	r.mu.Unlock()
	r.handOver(added, result.Epoch)
	if known {
		result.Suppressed, result.SuppressReason = true, centrifuge.SuppressReasonIdempotency
	}
	return result, true
}

// awaitReturn remembers a publication that Redis took until Redis sends it.
func (r *room) awaitReturn(it reconcile.Item, at centrifuge.StreamPosition) {
	r.mu.Lock()
	r.log.AwaitReturn(it, at)
	isolated := !r.inSync()
	r.mu.Unlock()
	if isolated {
		r.addUnseen()
	}
}

// addUnseen delivers what Redis took and never sent, if the room is isolated.
func (r *room) addUnseen() {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	var added []reconcile.Item
	if !r.inSync() {
		added = r.log.AddUnseen()
	}
	epoch := r.log.Epoch
	r.mu.Unlock()
	r.handOver(added, epoch)
}

// receive takes what Redis sent.
func (r *room) receive(it reconcile.Item, at centrifuge.StreamPosition) {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	arrival := reconcile.Missed
	if r.inSync() && !r.comparing {
		it, arrival = r.log.Receive(it, at, time.Now())
	}
	if arrival == reconcile.Missed {
		r.missed = true // the history has it
		r.markStale()
	}
	r.mu.Unlock()
	if arrival == reconcile.Next {
		r.handOver([]reconcile.Item{it}, at.Epoch)
	}
}

// handOver hands items of the log to the observer and the clients here. order is held.
func (r *room) handOver(items []reconcile.Item, epoch string) {
	for _, it := range items {
		r.handlers.Observe(r.channel, it.Pub, false)
		if err := r.handlers.Deliver(r.channel, it.Pub, centrifuge.StreamPosition{Offset: it.Pub.Offset, Epoch: epoch}); err != nil {
			r.errors.Error("a publication did not reach its subscribers", "channel", r.channel, "err", err)
		}
	}
}

// read answers as a broker's History does.
func (r *room) read(f centrifuge.HistoryFilter) ([]*centrifuge.Publication, centrifuge.StreamPosition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Read(f, r.inSync(), time.Now())
}

// clearHistory empties the log. Positions stay.
func (r *room) clearHistory() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Clear()
}

func (r *room) markAmbiguous(ambiguous reconcile.Range) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.MarkAmbiguous(ambiguous)
}

// compareWith is told where Redis's stream ends: the room is reconciled if its log, which
// follows it, ends elsewhere.
func (r *room) compareWith(position centrifuge.StreamPosition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inSync() && !r.comparing && (position.Epoch != r.log.Epoch || position.Offset != r.log.Top) {
		r.markStale()
	}
}

// beginComparing is false if the room needs no reconciling.
func (r *room) beginComparing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.comparing = !r.inSync() || r.stale
	return r.comparing
}

func (r *room) endComparing() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.comparing = false
}

// look notes that Redis's history is about to be read. fresh tells that the room was just
// opened: other processes may have told of ambiguous ranges before.
func (r *room) look() (fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missed = false
	return r.generation == 0
}

// step compares the log with Redis's history, which was read in that generation of the
// link, and hands over what comes of it.
func (r *room) step(theirs reconcile.History, generation int64, ambiguous []reconcile.Range) reconcile.Step {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	var graceEnd time.Time
	if r.generation != generation && generation > 1 { // there was an outage
		graceEnd = r.link.backSince().Add(grace)
	}
	s := r.log.Step(theirs, r.missed, graceEnd, time.Now())
	if s.Done {
		for _, known := range ambiguous {
			r.log.MarkAmbiguous(known)
		}
		r.generation, r.stale = generation, r.missed
	}
	epoch := r.log.Epoch
	r.mu.Unlock()
	r.handOver(s.Add, epoch)
	for _, it := range s.New {
		r.handlers.Observe(r.channel, it.Pub, s.Past)
	}
	return s
}

// markSent notes that Redis has taken a publication of the log.
func (r *room) markSent(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.MarkSent(id)
}
