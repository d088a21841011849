package chat

import (
	"strings"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// maxRooms bounds the rooms of a process; more are refused until others have gone
// quiet.
const maxRooms = 20_000

// quiet is how long a room is kept that nobody is in.
const quiet = 10 * time.Minute

// rooms are those that somebody is in, or was lately.
type rooms struct {
	mu   sync.RWMutex
	open map[string]*Room
}

// get finds a room that is open.
func (s *Service) get(name string) *Room {
	s.rooms.mu.RLock()
	defer s.rooms.mu.RUnlock()
	return s.rooms.open[name]
}

// room finds a room, and opens it if there is such a stream. The error is a
// *message.Refusal.
func (s *Service) room(name string) (*Room, error) {
	if r := s.get(name); r != nil {
		return r, nil
	}
	if !s.cfg.Exists(name) {
		return nil, message.Refuse(message.CodeNoRoom, "there is no such room")
	}
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	if r := s.rooms.open[name]; r != nil {
		return r, nil
	}
	if len(s.rooms.open) >= maxRooms {
		return nil, message.Later(message.CodeUnavailable, time.Minute, "too many rooms are open")
	}
	r := &Room{name: name, service: s, used: time.Now()}
	s.rooms.open[name] = r
	return r, nil
}

// sweep closes the rooms that nobody needs.
func (s *Service) sweep(now time.Time) {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	for name, r := range s.rooms.open {
		r.mu.Lock()
		idle := now.Sub(r.used) > quiet
		r.mu.Unlock()
		if idle && s.node.Hub().NumSubscribers(r.channel()) == 0 {
			delete(s.rooms.open, name)
		}
	}
}

// roomOf tells the room of a channel; ok is false for channels that there are not.
func roomOf(channel string) (name string, reactions, ok bool) {
	if name, ok := strings.CutPrefix(channel, chatPrefix); ok {
		return name, false, name != ""
	}
	if name, ok := strings.CutPrefix(channel, reactPrefix); ok {
		return name, true, name != ""
	}
	return "", false, false
}
