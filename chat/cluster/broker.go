package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
	"github.com/globalfandom/lightstick/internal/randomid"
)

// broker is what the node publishes through and asks for history, when there is Redis.
type broker struct{ c *Cluster }

var (
	_ centrifuge.Broker     = (*broker)(nil)
	_ centrifuge.Controller = (*broker)(nil)
)

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
		r := b.c.rooms.open(channel)
		r.setSubscribed(true)
		if r.link.isUp() && !r.isInSync() {
			_ = b.c.reconciler.reconcile(r) // a broken link was logged; the link's run tries again
		}
	}
	return nil
}

// Unsubscribe implements centrifuge.Broker.
func (b *broker) Unsubscribe(channels ...string) error {
	for _, channel := range channels {
		if r := b.c.rooms.find(channel); r != nil {
			r.setSubscribed(false)
			b.c.rooms.release(r)
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
	it := reconcile.Item{ID: id, At: time.Now(), Pub: &centrifuge.Publication{Data: data, Info: opts.ClientInfo, Tags: opts.Tags}}
	for {
		if result, done, err := b.publishToRedis(channel, it); done {
			return result, err
		}
		if result, done := b.c.rooms.open(channel).publishLocally(it); done {
			return result, nil
		}
		// Redis came back between the two.
	}
}

// publishToRedis publishes to Redis. It is not done if the room is not in sync.
func (b *broker) publishToRedis(channel string, it reconcile.Item) (result centrifuge.PublishResult, done bool, err error) {
	l, r := b.c.link(channel), b.c.rooms.find(channel)
	if !l.isUp() || r != nil && !r.isInSync() {
		return result, false, nil
	}
	result, err = l.publish(channel, it)
	switch {
	case errors.Is(err, centrifuge.ErrorBadRequest):
		return result, true, err
	case err != nil:
		return result, false, nil
	case r != nil && !result.Suppressed:
		r.awaitReturn(it, result.StreamPosition)
	}
	return result, true, nil
}

// History implements centrifuge.Broker.
func (b *broker) History(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	pubs, position := b.c.rooms.history(channel, opts)
	return b.c.handlers.FilterHistory(channel, pubs), position, nil
}

// RemoveHistory implements centrifuge.Broker: nobody can read it any more, in any process.
func (b *broker) RemoveHistory(channel string) error {
	if isLocal(channel) {
		return nil
	}
	b.c.rooms.clearHistory(channel)
	b.c.Broadcast(opDrop, []byte(channel))
	return b.c.link(channel).removeHistory(channel)
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
		if l.isUp() && l.publishControl(data, nodeID, key) == nil {
			return nil
		}
	}
	return nil
}

// incoming is where a shard's publications come in.
type incoming struct{ rooms *rooms }

// HandlePublication implements centrifuge.BrokerEventHandler.
func (in *incoming) HandlePublication(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool, _ *centrifuge.Publication) error {
	if r := in.rooms.find(channel); r != nil {
		r.receive(untag(p), sp)
	}
	return nil
}

// HandleJoin implements centrifuge.BrokerEventHandler.
func (in *incoming) HandleJoin(string, *centrifuge.ClientInfo) error { return nil }

// HandleLeave implements centrifuge.BrokerEventHandler.
func (in *incoming) HandleLeave(string, *centrifuge.ClientInfo) error { return nil }
