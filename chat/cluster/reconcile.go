package cluster

import (
	"errors"
	"slices"
	"time"

	"github.com/centrifugal/centrifuge"
	"golang.org/x/sync/errgroup"
)

const (
	maxReconcileSteps         = 20 // looks at Redis in one reconciliation
	concurrentReconciliations = 8  // rooms that are reconciled at a time
	sweepMost                 = 500
	maxUnseen                 = 256
)

// syncRoom puts a room in sync with Redis, if it is there.
func (c *Cluster) syncRoom(r *room) {
	if !r.link.up.Load() || c.isInSync(r) {
		return
	}
	_ = c.reconcile(r) // a broken link was logged; the link's run tries again
}

// releaseRoom gives up a room that nobody needs. One that has something that Redis lacks stays until it
// has been reconciled.
func (c *Cluster) releaseRoom(r *room) {
	mu := c.joining(r.channel)
	mu.Lock()
	defer mu.Unlock()
	if !c.forgetRoom(r) {
		return
	}
	_, _ = do(r.link, askTimeout, func(b *centrifuge.RedisBroker) (error, error) {
		return b.Unsubscribe(r.channel), nil
	})
}

// isInSync tells whether the room's publications go by Redis.
func (c *Cluster) isInSync(r *room) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inSync()
}

// publishLocally publishes without Redis. It is false if the room is in sync after all.
func (c *Cluster) publishLocally(r *room, it item) (centrifuge.PublishResult, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inSync() {
		return centrifuge.PublishResult{}, false
	}
	c.deliverUnseenLocked(r)
	position := func() centrifuge.StreamPosition {
		return centrifuge.StreamPosition{Offset: r.top, Epoch: r.epoch}
	}
	if r.has(it.id) {
		return centrifuge.PublishResult{StreamPosition: position(), Suppressed: true, SuppressReason: centrifuge.SuppressReasonIdempotency}, true
	}
	c.deliver(r, it)
	return centrifuge.PublishResult{StreamPosition: position()}, true
}

// rememberUnseen remembers a publication that Redis took until it comes back: should Redis be lost
// before that, it goes on from here.
func (c *Cluster) rememberUnseen(r *room, it item, at centrifuge.StreamPosition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == at.Epoch && at.Offset <= r.top || r.has(it.id) {
		return
	}
	it.sent = false
	r.unseen = append(r.unseen, it)
	if over := len(r.unseen) - maxUnseen; over > 0 {
		r.unseen = slices.Delete(r.unseen, 0, over)
	}
	if !r.inSync() {
		c.deliverUnseenLocked(r)
	}
}

// forgetUnseen forgets what came back. Call it locked.
func (r *room) forgetUnseen(id string) {
	r.unseen = slices.DeleteFunc(r.unseen, func(it item) bool { return it.id == id })
}

// markStale has the room reconciled soon. Call it locked.
func (r *room) markStale() {
	r.stale = true
	select {
	case r.link.kick <- struct{}{}:
	default:
	}
}

// deliverUnseen delivers what Redis took and never sent back.
func (c *Cluster) deliverUnseen(r *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.inSync() {
		c.deliverUnseenLocked(r)
	}
}

func (c *Cluster) deliverUnseenLocked(r *room) {
	r.ensureEpoch()
	unseen := r.unseen
	r.unseen = nil
	for _, it := range unseen {
		if !r.has(it.id) {
			c.deliver(r, it)
		}
	}
}

// reconcileStaleRooms reconciles the rooms that are not in sync.
func (c *Cluster) reconcileStaleRooms(l *link) {
	var g errgroup.Group
	g.SetLimit(concurrentReconciliations)
	for _, r := range c.roomsOf(l) {
		r.mu.Lock()
		need := !r.inSync() || r.stale
		r.mu.Unlock()
		if !need {
			continue
		}
		g.Go(func() error {
			if l.up.Load() {
				if err := c.reconcile(r); err != nil {
					l.log.Debug("a room is not in step with other processes yet", "channel", r.channel, "err", err)
				}
				c.releaseRoom(r)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// sweep compares some rooms' positions with Redis's, as its messages to subscribers may
// get lost.
func (c *Cluster) sweep(l *link) {
	for i, r := range c.roomsOf(l) {
		if i == sweepMost || !l.up.Load() {
			return
		}
		_, position, err := c.fetch(l, r.channel, centrifuge.HistoryOptions{})
		if err != nil {
			return
		}
		r.mu.Lock()
		if r.inSync() && !r.reconciling && (position.Epoch != r.epoch || position.Offset != r.top) {
			r.markStale()
		}
		r.mu.Unlock()
	}
}

var errBusyRoom = errors.New("it changes faster than it can be reconciled")

// reconcile reconciles the log with Redis's history, whatever happened to either. Two that
// want it wait for each other: at most maxTurns looks at Redis.
func (c *Cluster) reconcile(r *room) error {
	r.reconcileMu.Lock()
	defer r.reconcileMu.Unlock()
	r.mu.Lock()
	if r.inSync() && !r.stale { // another did it meanwhile
		r.mu.Unlock()
		return nil
	}
	r.reconciling = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.reconciling = false
		r.mu.Unlock()
	}()
	for range maxReconcileSteps {
		done, err := c.reconcileStep(r)
		if done || err != nil {
			return err
		}
	}
	return errBusyRoom
}

// reconcileStep is one look at Redis, and one step towards it.
func (c *Cluster) reconcileStep(r *room) (done bool, err error) {
	gen := r.link.gen.Load()
	r.mu.Lock()
	r.again = false
	r.mu.Unlock()
	if err := c.subscribe(r); err != nil {
		return false, err
	}
	pubs, position, err := c.fetch(r.link, r.channel, centrifuge.HistoryOptions{Filter: centrifuge.HistoryFilter{Limit: centrifuge.NoLimit}})
	if err != nil {
		return false, err
	}
	theirs := newStream(pubs, position)
	hazes, err := c.rangesOfNewRoom(r)
	if err != nil {
		return false, err
	}

	r.mu.Lock()
	p := compare(r, theirs)
	if p.seed {
		ours := r.part(p.from)
		ours = slices.DeleteFunc(slices.Clone(ours), func(it item) bool { return it.pub.Offset > r.base })
		epoch, base := r.epoch, r.base
		r.mu.Unlock()
		return false, c.seed(r, theirs, stream{epoch, base, ours})
	}
	if !p.adopt {
		for _, it := range p.foreign {
			c.deliver(r, it)
			r.forgetUnseen(it.id)
		}
	}
	if len(p.missing) > 0 {
		r.mu.Unlock()
		return false, c.publishPending(r, p.missing)
	}
	defer r.mu.Unlock()
	if r.again && !p.adopt {
		return false, nil
	}
	if p.adopt || r.top != theirs.top {
		c.adoptRedisHistory(r, theirs, p.from)
	} else {
		c.markDisorder(r, theirs)
	}
	if r.gen != gen && gen > 1 { // there was an outage
		r.graceFrom, r.graceEnd = r.base, time.UnixMilli(r.link.back.Load()).Add(grace)
	}
	for _, h := range hazes {
		r.markAmbiguous(h.From, h.To)
	}
	r.base, r.gen, r.stale = r.top, gen, r.again
	r.trim(time.Now())
	return true, nil
}

// rangesOfNewRoom asks for the ambiguous range of a room that was just opened.
func (c *Cluster) rangesOfNewRoom(r *room) ([]ambiguousRange, error) {
	r.mu.Lock()
	opened := r.gen == 0
	r.mu.Unlock()
	if !opened {
		return nil, nil
	}
	return c.ambiguousRanges(r)
}

// subscribe has Redis send the room's publications.
func (c *Cluster) subscribe(r *room) error {
	mu := c.joining(r.channel)
	mu.Lock()
	defer mu.Unlock()
	if c.room(r.channel) != r {
		return errUnreachable // it was given up
	}
	r.mu.Lock()
	wanted := r.holds > 0 || r.subscribed
	r.mu.Unlock()
	if !wanted {
		return nil
	}
	// That its subscriber connection is not there yet does not break the link.
	fault, err := do(r.link, askTimeout, func(b *centrifuge.RedisBroker) (error, error) {
		return b.Subscribe(r.channel), nil
	})
	return errors.Join(fault, err)
}

// publishPending publishes to Redis what was said here, in order.
func (c *Cluster) publishPending(r *room, missing []item) error {
	for _, it := range missing {
		if _, err := c.sendToRedis(r.link, r.channel, it); err != nil {
			return err
		}
		r.mu.Lock()
		for i := range r.items {
			if r.items[i].id == it.id {
				r.items[i].sent = true
			}
		}
		r.mu.Unlock()
	}
	return nil
}

// markDisorder is called when log and Redis have the same publications. Where their order
// differs, positions mean different things here and elsewhere.
func (c *Cluster) markDisorder(r *room, theirs stream) {
	low, high := disorder(r, theirs)
	if high == 0 {
		return
	}
	r.markAmbiguous(low-1, high)
	c.shareAmbiguousRange(r, low-1, high)
}

// adoptRedisHistory takes Redis's log for the room's own: the two can't be brought together. Clients
// subscribe again, and load the history. The observer gets what it has not got.
func (c *Cluster) adoptRedisHistory(r *room, theirs stream, from uint64) {
	had := r.epoch != "" && (r.top > 0 || r.epoch != theirs.epoch)
	oldEpoch, oldTop, oldItems := r.epoch, r.top, r.items
	r.epoch, r.top, r.items = theirs.epoch, theirs.top, nil
	r.ambiguousFrom, r.ambiguousTo = 0, 0
	offset := theirs.first()
	for _, it := range theirs.items {
		p := *it.pub
		p.Offset, p.Time = offset, 0
		offset++
		it.pub = &p
		r.items = append(r.items, it)
		r.forgetUnseen(it.id)
		if !hasItem(oldItems, it.id) {
			c.handlers.Observe(r.channel, it.pub, oldEpoch == "")
		}
	}
	if !had {
		return
	}
	if oldEpoch == theirs.epoch {
		r.markAmbiguous(from, max(oldTop, theirs.top)+1)
		c.shareAmbiguousRange(r, from, max(oldTop, theirs.top)+1)
	}
	c.resubscribing.Go(func() { c.resubscribeClients(r.channel) })
}

func hasItem(items []item, id string) bool {
	return slices.ContainsFunc(items, func(it item) bool { return it.id == id })
}

// resubscribeClients asks the channel's clients here to subscribe again, spread over a while.
func (c *Cluster) resubscribeClients(channel string) {
	var clients []*centrifuge.Client
	for _, client := range c.node.Hub().Connections() {
		if client.IsSubscribed(channel) {
			clients = append(clients, client)
		}
	}
	if len(clients) == 0 {
		return
	}
	c.log.Warn("a room's history in redis is another: its viewers here load it anew", "channel", channel, "viewers", len(clients))
	pause := spread(len(clients)) / time.Duration(len(clients))
	tick := time.NewTicker(max(pause, time.Microsecond))
	defer tick.Stop()
	for _, client := range clients {
		client.Unsubscribe(channel, centrifuge.Unsubscribe{Code: centrifuge.UnsubscribeCodeInsufficient, Reason: "history is another"})
		select {
		case <-c.stopped.Done():
			return
		case <-tick.C:
		}
	}
}
