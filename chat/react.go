package chat

import (
	"encoding/json"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
)

// reactionHub are the viewers of this process, for the reactions.
type reactionHub struct{ service *Service }

// Viewers implements reaction.Hub.
func (a reactionHub) Viewers() map[string]int {
	s := a.service
	s.rooms.mu.RLock()
	defer s.rooms.mu.RUnlock()
	viewers := make(map[string]int, len(s.rooms.open))
	for name, room := range s.rooms.open {
		if n := s.node.Hub().NumSubscribers(room.channel()); n > 0 {
			viewers[name] = n
		}
	}
	return viewers
}

// SendTick implements reaction.Hub.
func (a reactionHub) SendTick(room string, data []byte) {
	_ = a.service.fanout.Publish(reactPrefix+room, &centrifuge.Publication{Data: data}, centrifuge.StreamPosition{})
}

// Share implements reaction.Peers.
func (a reactionHub) Share(data []byte) error {
	a.service.cluster.Broadcast(opTally, data)
	return nil
}

// stats are the room's statistics.
func (r *Room) stats() message.Stats {
	return r.service.stats.Stats(r.name, r.service.node.Hub().NumSubscribers(r.channel()))
}

// Direct is a message to some only: in a room that is too fast for everybody to be
// sent everything, its author and those it mentions get it all the same.
type Direct struct {
	Type    string          `json:"type"` // "direct"
	Room    string          `json:"room"`
	Message json.RawMessage `json:"message"`
}

type directTo struct {
	Users []string        `json:"users"`
	Data  json.RawMessage `json:"data"`
}

// direct sends a message that was not sampled to its author and those it mentions.
func (s *Service) direct(room string, m *message.Message, encoded []byte) {
	data, err := json.Marshal(Direct{Type: "direct", Room: room, Message: encoded})
	if err != nil {
		return
	}
	to := directTo{Users: append([]string{m.User.ID}, m.Mentions...), Data: data}
	s.deliver(to)
	if len(m.Mentions) == 0 {
		return // its author is here
	}
	if data, err := json.Marshal(to); err == nil {
		s.cluster.Broadcast(opDirect, data)
	}
}

// echo gives an author their own message as if everybody got it: without that, whoever
// looks at what comes would notice that nobody does.
func (s *Service) echo(room *Room, user string, encoded []byte) {
	for _, c := range s.node.Hub().UserConnections(user) {
		_ = c.WritePublication(room.channel(), &centrifuge.Publication{Data: encoded}, centrifuge.StreamPosition{})
	}
}

// deliver sends to the connections that users have here.
func (s *Service) deliver(to directTo) {
	for _, user := range to.Users {
		for _, c := range s.node.Hub().UserConnections(user) {
			_ = c.Send(to.Data)
		}
	}
}
