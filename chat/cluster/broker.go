package cluster

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// broker is what the node publishes through and asks for history, when there is Redis.
type broker struct{ c *Cluster }

var (
	_ centrifuge.Broker     = (*broker)(nil)
	_ centrifuge.Controller = (*broker)(nil)
)

// idTag carries a publication's ID to other processes. It is taken off before clients
// or anybody else gets to see the publication.
const idTag = "_id"

// RegisterBrokerEventHandler implements centrifuge.Broker; the links know the node.
func (b *broker) RegisterBrokerEventHandler(centrifuge.BrokerEventHandler) error { return nil }

// RegisterControlEventHandler implements centrifuge.Controller.
func (b *broker) RegisterControlEventHandler(centrifuge.ControlEventHandler) error { return nil }

// ReliableDelivery tells centrifuge not to compare clients' positions with the stream: the
// log compares its own with Redis's, for all of them.
func (b *broker) ReliableDelivery() bool { return true }

// Close implements centrifuge.Closer: the connections are Run's.
func (b *broker) Close(context.Context) error { return nil }

// Subscribe implements centrifuge.Broker. It succeeds without Redis, too.
func (b *broker) Subscribe(channels ...string) error {
	for _, channel := range channels {
		if isLocal(channel) {
			continue
		}
		r := b.c.open(channel)
		r.mu.Lock()
		r.subscribed = true
		r.mu.Unlock()
		b.c.syncRoom(r)
	}
	return nil
}

// Unsubscribe implements centrifuge.Broker.
func (b *broker) Unsubscribe(channels ...string) error {
	for _, channel := range channels {
		if r := b.c.room(channel); r != nil {
			r.mu.Lock()
			r.subscribed = false
			r.mu.Unlock()
			b.c.releaseRoom(r)
		}
	}
	return nil
}

// Publish implements centrifuge.Broker. A publication with history never fails because
// of Redis: it goes on locally. The idempotency key is its ID in all processes.
func (b *broker) Publish(channel string, data []byte, opts centrifuge.PublishOptions) (centrifuge.PublishResult, error) {
	if isLocal(channel) {
		return centrifuge.PublishResult{}, b.c.handlers.Deliver(channel,
			&centrifuge.Publication{Data: data, Info: opts.ClientInfo, Tags: opts.Tags}, centrifuge.StreamPosition{})
	}
	id := opts.IdempotencyKey
	if id == "" {
		id = randomid.New()
	}
	it := item{id: id, at: time.Now(), pub: &centrifuge.Publication{Data: data, Info: opts.ClientInfo, Tags: opts.Tags}}
	for {
		if result, done, err := b.c.publishToRedis(channel, it); done {
			return result, err
		}
		if result, done := b.c.publishLocally(b.c.open(channel), it); done {
			return result, nil
		}
		// Redis came back between the two.
	}
}

// publishToRedis publishes to Redis. It is not done if the room is not in sync.
func (c *Cluster) publishToRedis(channel string, it item) (result centrifuge.PublishResult, done bool, err error) {
	l, r := c.link(channel), c.room(channel)
	if !l.up.Load() || r != nil && !c.isInSync(r) {
		return result, false, nil
	}
	result, err = c.sendToRedis(l, channel, it)
	switch {
	case errors.Is(err, centrifuge.ErrorBadRequest):
		return result, true, err
	case err != nil:
		return result, false, nil
	case r != nil && !result.Suppressed:
		c.rememberUnseen(r, it, result.StreamPosition)
	}
	return result, true, nil
}

// sendToRedis publishes to Redis, once for an ID.
func (c *Cluster) sendToRedis(l *link, channel string, it item) (centrifuge.PublishResult, error) {
	opts := centrifuge.PublishOptions{
		HistorySize: historySize, HistoryTTL: historyTime, ClientInfo: it.pub.Info,
		IdempotencyKey: it.id, IdempotentResultTTL: idempotentTime, Tags: map[string]string{idTag: it.id},
	}
	maps.Copy(opts.Tags, it.pub.Tags)
	return do(l, l.c.publishWait, func(b *centrifuge.RedisBroker) (centrifuge.PublishResult, error) {
		return b.Publish(channel, it.pub.Data, opts)
	})
}

// idempotentTime is how long Redis knows the ID of a publication beside its history, at
// some 200 bytes each.
const idempotentTime = 5 * time.Minute

// untag takes the ID off a publication that came from Redis.
func untag(p *centrifuge.Publication) item {
	it := item{pub: p, at: time.UnixMilli(p.Time), id: p.Tags[idTag], sent: true}
	q := *p
	q.Tags = nil
	for k, v := range p.Tags {
		if k != idTag {
			if q.Tags == nil {
				q.Tags = make(map[string]string, len(p.Tags)-1)
			}
			q.Tags[k] = v
		}
	}
	it.pub = &q
	return it
}

// History implements centrifuge.Broker.
func (b *broker) History(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	pubs, position, err := b.c.history(channel, opts)
	return b.c.handlers.FilterHistory(channel, pubs), position, err
}

func (c *Cluster) history(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	if c.local != nil {
		pubs, position := c.local.history(channel, opts)
		return pubs, position, nil
	}
	if isLocal(channel) {
		return nil, centrifuge.StreamPosition{}, nil
	}
	r := c.room(channel)
	if r == nil {
		pubs, position, err := c.fetch(c.link(channel), channel, opts)
		if err == nil {
			for i, p := range pubs {
				pubs[i] = untag(p).pub
			}
			return pubs, position, nil
		}
		r = c.open(channel)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	pubs, position := r.read(opts.Filter, time.Now())
	return pubs, position, nil
}

// fetch asks Redis for the history.
func (c *Cluster) fetch(l *link, channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	type answer struct {
		pubs     []*centrifuge.Publication
		position centrifuge.StreamPosition
	}
	a, err := do(l, askTimeout, func(b *centrifuge.RedisBroker) (answer, error) {
		pubs, position, err := b.History(channel, opts)
		return answer{pubs, position}, err
	})
	return a.pubs, a.position, err
}

// RemoveHistory implements centrifuge.Broker: nobody can read it any more, in any process.
func (b *broker) RemoveHistory(channel string) error {
	if isLocal(channel) {
		return nil
	}
	b.c.dropHistory(channel)
	b.c.Broadcast(opDrop, []byte(channel))
	_, err := do(b.c.link(channel), askTimeout, func(rb *centrifuge.RedisBroker) (struct{}, error) {
		return struct{}{}, rb.RemoveHistory(channel)
	})
	return err
}

// dropHistory empties a log. Positions stay.
func (c *Cluster) dropHistory(channel string) {
	if r := c.room(channel); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.hasUnpublished() {
			r.items = nil
		}
	}
}

// PublishJoin implements centrifuge.Broker: rooms are too large for it.
func (b *broker) PublishJoin(string, *centrifuge.ClientInfo) error { return nil }

// PublishLeave implements centrifuge.Broker.
func (b *broker) PublishLeave(string, *centrifuge.ClientInfo) error { return nil }

// PublishControl implements centrifuge.Controller. What one process wants of another
// (disconnect a user) goes by any shard that is there; without one it is lost, and shared
// state has to make up for it.
func (b *broker) PublishControl(data []byte, nodeID, key string) error {
	for _, l := range b.c.links {
		if !l.up.Load() {
			continue
		}
		if _, err := do(l, l.c.publishWait, func(rb *centrifuge.RedisBroker) (struct{}, error) {
			return struct{}{}, rb.PublishControl(data, nodeID, key)
		}); err == nil {
			return nil
		}
	}
	return nil
}

// controls hands on what other processes want.
type controls Cluster

func (c *controls) HandleControl(data []byte) error { return c.node.HandleControl(data) }

// incoming is where a shard's publications come in.
type incoming struct {
	c *Cluster
	l *link
}

// HandlePublication implements centrifuge.BrokerEventHandler.
func (in *incoming) HandlePublication(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool, _ *centrifuge.Publication) error {
	r := in.c.room(channel)
	if r == nil {
		return nil
	}
	it := untag(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.inSync() || r.reconciling, r.epoch != sp.Epoch, sp.Offset > r.top+1:
		r.again = true // the history has it
		r.markStale()
	case sp.Offset == r.top+1:
		in.c.deliver(r, it)
		r.base = r.top
		r.forgetUnseen(it.id)
		r.trim(time.Now())
	}
	return nil
}

// HandleJoin implements centrifuge.BrokerEventHandler.
func (in *incoming) HandleJoin(string, *centrifuge.ClientInfo) error { return nil }

// HandleLeave implements centrifuge.BrokerEventHandler.
func (in *incoming) HandleLeave(string, *centrifuge.ClientInfo) error { return nil }

// deliver puts an item into the log and hands it to the observer and the clients here. It is
// called locked, as order is the point: neither may come back for this channel.
func (c *Cluster) deliver(r *room, it item) {
	it = r.append(it, maxLog)
	c.handlers.Observe(r.channel, it.pub, false)
	if err := c.handlers.Deliver(r.channel, it.pub, centrifuge.StreamPosition{Offset: r.top, Epoch: r.epoch}); err != nil {
		c.log.Error("a publication did not reach its subscribers", "channel", r.channel, "err", err)
	}
}
