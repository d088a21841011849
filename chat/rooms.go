package chat

import (
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/ticker"
)

// maxRooms bounds the rooms of a process; more are refused until others have gone
// quiet.
const maxRooms = 20_000

// quiet is how long a room is kept that nobody is in.
const quiet = 10 * time.Minute

// How often rooms are opened that are published as files, and closed that nobody needs.
const (
	replayedRoomsEvery = 2 * time.Second
	sweepEvery         = 30 * time.Second
)

// rooms are those that somebody is in, or was lately.
type rooms struct {
	mu     sync.RWMutex
	open   map[string]*Room
	sweeps *ticker.OnDemand // while there is an open room
}

func newRooms() rooms {
	return rooms{open: make(map[string]*Room), sweeps: ticker.New(sweepEvery)}
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
	s.start() // not locked: the node reads our metrics, which count the viewers of rooms
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
	s.rooms.sweeps.Wake()
	s.cluster.Hold(r.channel())
	return r, nil
}

// replaysRooms tells whether there are rooms to follow: those that are published as files, as
// other processes may have those who write.
func (s *Service) replaysRooms() bool { return s.cfg.ReplayLogs != nil && s.cluster.Clustered() }

// openReplayedRooms opens the rooms that are published as files, whoever is in them.
func (s *Service) openReplayedRooms() {
	for _, name := range s.cfg.ReplayLogs.Rooms() {
		if room, err := s.room(name); err == nil {
			room.touch()
		}
	}
}

// observe hands a publication to its room.
func (s *Service) observe(channel string, pub *centrifuge.Publication, past bool) {
	if name, reactions, ok := roomOf(channel); ok && !reactions {
		if r := s.get(name); r != nil {
			r.observe(pub, past)
		}
	}
}

// filterHistory takes out of the past what was taken away.
func (s *Service) filterHistory(channel string, past []*centrifuge.Publication) []*centrifuge.Publication {
	if name, reactions, ok := roomOf(channel); ok && !reactions && len(past) > 0 {
		if r := s.get(name); r != nil {
			return r.filterHistory(past)
		}
	}
	return past
}

// sweep closes the rooms that nobody needs, and tells whether some are left.
func (s *Service) sweep(now time.Time) bool {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	for name, r := range s.rooms.open {
		r.mu.Lock()
		kept := quiet
		if len(r.ring.deleted) > 0 {
			kept = historyTime // the history still holds what was taken away: who comes must not read it
		}
		idle := now.Sub(r.used) > kept
		r.mu.Unlock()
		if idle && s.node.Hub().NumSubscribers(r.channel()) == 0 {
			delete(s.rooms.open, name)
			s.cluster.Release(r.channel())
		}
	}
	return len(s.rooms.open) > 0
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
