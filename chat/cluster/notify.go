package cluster

import (
	"encoding/json"

	"github.com/centrifugal/centrifuge"
)

// What processes tell each other.
const (
	opDrop   = "cluster.drop"   // a channel's history was removed
	opHaze   = "cluster.haze"   // haze
	opShared = "cluster.shared" // change
)

// OnNotification names who gets what other processes send by the node's Notify, and by
// Broadcast. Call it instead of the node's own, before Run.
func (c *Cluster) OnNotification(f centrifuge.NotificationHandler) { c.onNotification = f }

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

func (c *Cluster) notified(e centrifuge.NotificationEvent) {
	if e.FromNodeID == c.node.ID() {
		return
	}
	switch e.Op {
	case opDrop:
		c.drop(string(e.Data))
	case opHaze:
		c.hear(e.Data)
	case opShared:
		c.changed(e.Data)
	default:
		c.onNotification(e)
	}
}

// haze is a range of positions of a channel that nobody can be recovered from.
type haze struct {
	Channel string `json:"channel"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
}

func (c *Cluster) tellHaze(channel string, from, to uint64) {
	data, _ := json.Marshal(haze{channel, from, to})
	c.moves.Add(1)
	go func() { // the room is locked, and this asks Redis
		defer c.moves.Done()
		c.Broadcast(opHaze, data)
	}()
}

func (c *Cluster) hear(data []byte) {
	var h haze
	if json.Unmarshal(data, &h) != nil {
		return
	}
	if r := c.room(h.Channel); r != nil {
		r.mu.Lock()
		r.haze(h.From, h.To)
		r.mu.Unlock()
	}
}
