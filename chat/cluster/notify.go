package cluster

import "github.com/centrifugal/centrifuge"

// What processes tell each other.
const (
	opDrop           = "cluster.drop" // a channel's history was removed
	opAmbiguousRange = "cluster.haze" // ambiguousRange, by the name of earlier releases
)

// Broadcast sends data to the other processes, at most once each: those that can't be
// reached will never get it.
func (c *Cluster) Broadcast(op string, data []byte) {
	if !c.Clustered() {
		return
	}
	if err := c.node.Notify(op, data, ""); err != nil {
		c.log.Warn("other processes were not told", "op", op, "err", err)
	}
}

func (c *Cluster) handleNotification(e centrifuge.NotificationEvent) {
	if e.FromNodeID == c.node.ID() {
		return
	}
	if s := c.states[e.Op]; s != nil {
		s.Receive(e.Data)
		return
	}
	switch {
	case e.Op == opDrop && c.local == nil:
		c.rooms.clearHistory(string(e.Data))
	case e.Op == opAmbiguousRange && c.local == nil:
		c.reconciler.receiveAmbiguousRange(e.Data)
	case e.Op != opDrop && e.Op != opAmbiguousRange:
		c.handlers.Notified(e)
	}
}
