package cluster

import "github.com/centrifugal/centrifuge"

// What processes tell each other.
const (
	opDrop           = "cluster.drop"   // a channel's history was removed
	opAmbiguousRange = "cluster.haze"   // ambiguous range
	opShared         = "cluster.shared" // change
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
	switch e.Op {
	case opDrop:
		c.dropHistory(string(e.Data))
	case opAmbiguousRange:
		c.receiveAmbiguousRange(e.Data)
	case opShared:
		c.changed(e.Data)
	default:
		c.handlers.Notified(e)
	}
}
