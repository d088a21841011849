package cluster

import (
	"errors"
	"log/slog"
	"time"

	"github.com/centrifugal/centrifuge"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

const (
	maxReconcileSteps         = 20 // looks at Redis in one reconciliation
	concurrentReconciliations = 8  // rooms that are reconciled at a time
	maxSwept                  = 500
)

// reconciler brings rooms' logs and Redis's histories together again.
type reconciler struct {
	*background
	node      *centrifuge.Node
	rooms     *rooms
	log       *slog.Logger
	broadcast func(op string, data []byte)
}

func newReconciler(node *centrifuge.Node, rooms *rooms, log *slog.Logger, broadcast func(op string, data []byte)) *reconciler {
	return &reconciler{newBackground(), node, rooms, log, broadcast}
}

// reconcileStaleRooms reconciles the rooms that are not in sync.
func (rc *reconciler) reconcileStaleRooms(l *link) {
	var g errgroup.Group
	g.SetLimit(concurrentReconciliations)
	for _, r := range rc.rooms.onLink(l) {
		if !r.needsReconciling() {
			continue
		}
		g.Go(func() error {
			if l.isUp() {
				if err := rc.reconcile(r); err != nil {
					l.log.Debug("a room is not in step with other processes yet", "channel", r.channel, "err", err)
				}
				rc.rooms.release(r)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// sweep compares some rooms' positions with Redis's, as its messages to subscribers may
// get lost.
func (rc *reconciler) sweep(l *link) {
	for i, r := range rc.rooms.onLink(l) {
		if i == maxSwept || !l.isUp() {
			return
		}
		_, position, err := l.history(r.channel, centrifuge.HistoryOptions{})
		if err != nil {
			return
		}
		r.compareWith(position)
	}
}

var errBusyRoom = errors.New("it changes faster than it can be reconciled")

// reconcile reconciles the log with Redis's history, whatever happened to either. Two that
// want it wait for each other: at most maxReconcileSteps looks at Redis.
func (rc *reconciler) reconcile(r *room) error {
	r.reconciling.Lock()
	defer r.reconciling.Unlock()
	if !r.beginComparing() {
		return nil // another did it meanwhile
	}
	defer r.endComparing()
	for range maxReconcileSteps {
		done, err := rc.reconcileOnce(r)
		if done || err != nil {
			return err
		}
	}
	return errBusyRoom
}

// reconcileOnce is one look at Redis, and one step towards it.
func (rc *reconciler) reconcileOnce(r *room) (done bool, err error) {
	generation := r.link.generation()
	fresh := r.look()
	if err := rc.rooms.subscribe(r); err != nil {
		return false, err
	}
	theirs, err := r.link.wholeHistory(r.channel)
	if err != nil {
		return false, err
	}
	var ambiguous []reconcile.Range
	if fresh {
		if ambiguous, err = rc.ambiguousRanges(r); err != nil {
			return false, err
		}
	}
	s := r.step(theirs, generation, ambiguous)
	switch {
	case s.WriteBack != nil:
		return false, r.link.writeBack(r.channel, theirs, *s.WriteBack, rc.node.Config().HistoryMetaTTL)
	case len(s.Publish) > 0:
		return false, rc.publishPending(r, s.Publish)
	}
	if s.Ambiguous.To > 0 {
		rc.shareAmbiguousRange(r, s.Ambiguous)
	}
	if s.Resubscribe {
		rc.running.Go(func() { rc.resubscribeClients(r.channel) })
	}
	return s.Done, nil
}

// publishPending publishes to Redis what was published here, in order.
func (rc *reconciler) publishPending(r *room, missing []reconcile.Item) error {
	for _, it := range missing {
		if _, err := r.link.publish(r.channel, it); err != nil {
			return err
		}
		r.markSent(it.ID)
	}
	return nil
}

// resubscribeClients asks the channel's clients here to subscribe again, spread over a while.
func (rc *reconciler) resubscribeClients(channel string) {
	var clients []*centrifuge.Client
	for _, client := range rc.node.Hub().Connections() {
		if client.IsSubscribed(channel) {
			clients = append(clients, client)
		}
	}
	if len(clients) == 0 {
		return
	}
	rc.log.Warn("a room's history in redis is another: its viewers here load it anew", "channel", channel, "viewers", len(clients))
	pause := min(maxSpread, time.Duration(len(clients))*spreadEach) / time.Duration(len(clients))
	tick := time.NewTicker(max(pause, time.Microsecond))
	defer tick.Stop()
	for _, client := range clients {
		client.Unsubscribe(channel, centrifuge.Unsubscribe{Code: centrifuge.UnsubscribeCodeInsufficient, Reason: "history is another"})
		select {
		case <-rc.stopped.Done():
			return
		case <-tick.C:
		}
	}
}

// How long clients are given to subscribe again.
const (
	spreadEach = 500 * time.Microsecond // 2,000 clients a second
	maxSpread  = 5 * time.Second
)
