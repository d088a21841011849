package cluster

import (
	"errors"
	"maps"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// idTag carries a publication's ID to other processes. It is taken off before clients
// or anybody else gets to see the publication.
const idTag = "_id"

// idempotentTime is how long Redis knows the ID of a publication beside its history, at
// some 200 bytes each.
const idempotentTime = 5 * time.Minute

// publish publishes to Redis, once for an ID.
func (l *link) publish(channel string, it reconcile.Item) (centrifuge.PublishResult, error) {
	opts := centrifuge.PublishOptions{
		HistorySize: reconcile.HistorySize, HistoryTTL: reconcile.HistoryTime, ClientInfo: it.Pub.Info,
		IdempotencyKey: it.ID, IdempotentResultTTL: idempotentTime, Tags: tagged(it),
	}
	return do(l, l.timing.publishWait, func(b *centrifuge.RedisBroker) (centrifuge.PublishResult, error) {
		return b.Publish(channel, it.Pub.Data, opts)
	})
}

// tagged are an item's tags with its ID.
func tagged(it reconcile.Item) map[string]string {
	tags := map[string]string{idTag: it.ID}
	maps.Copy(tags, it.Pub.Tags)
	return tags
}

// untag takes the ID off a publication that came from Redis.
func untag(p *centrifuge.Publication) reconcile.Item {
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
	return reconcile.Item{ID: p.Tags[idTag], At: time.UnixMilli(p.Time), Pub: &q, Sent: true}
}

// history asks Redis for the history.
func (l *link) history(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
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

// wholeHistory asks Redis for all that it has of a room.
func (l *link) wholeHistory(channel string) (reconcile.History, error) {
	pubs, position, err := l.history(channel, centrifuge.HistoryOptions{Filter: centrifuge.HistoryFilter{Limit: centrifuge.NoLimit}})
	items := make([]reconcile.Item, 0, len(pubs))
	for _, p := range pubs {
		items = append(items, untag(p))
	}
	return reconcile.NewHistory(items, position), err
}

func (l *link) removeHistory(channel string) error {
	_, err := do(l, askTimeout, func(b *centrifuge.RedisBroker) (struct{}, error) {
		return struct{}{}, b.RemoveHistory(channel)
	})
	return err
}

// subscribe has Redis send a channel's publications. That its subscriber connection is not
// there yet is an error that does not break the link.
func (l *link) subscribe(channel string) error {
	fault, err := do(l, askTimeout, func(b *centrifuge.RedisBroker) (error, error) {
		return b.Subscribe(channel), nil
	})
	return errors.Join(fault, err)
}

// unsubscribe ends that. If it fails, what comes finds no room.
func (l *link) unsubscribe(channel string) {
	_, _ = do(l, askTimeout, func(b *centrifuge.RedisBroker) (error, error) {
		return b.Unsubscribe(channel), nil
	})
}

func (l *link) publishControl(data []byte, nodeID, key string) error {
	_, err := do(l, l.timing.publishWait, func(b *centrifuge.RedisBroker) (struct{}, error) {
		return struct{}{}, b.PublishControl(data, nodeID, key)
	})
	return err
}
