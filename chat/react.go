package chat

import (
	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/socket"
)

// reactionHub hands reactions to the viewers of this process, and to other processes.
type reactionHub struct {
	rooms   *rooms
	fanout  *socket.Fanout
	cluster *cluster.Cluster
}

// Viewers implements reaction.Hub.
func (h *reactionHub) Viewers() map[string]int { return h.rooms.viewers() }

// SendTick implements reaction.Hub.
func (h *reactionHub) SendTick(room string, data []byte) {
	_ = h.fanout.Publish(reactPrefix+room, &centrifuge.Publication{Data: data}, centrifuge.StreamPosition{})
}

// Share implements reaction.Peers.
func (h *reactionHub) Share(data []byte) error {
	h.cluster.Broadcast(opTally, data)
	return nil
}

// stats are the room's statistics.
func (r *Room) stats() message.Stats {
	return r.rooms.stats.Stats(r.name, r.rooms.node.Hub().NumSubscribers(r.channel()))
}
