package chat

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/reaction"
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
	node       *centrifuge.Node
	startNode  func()
	cluster    *cluster.Cluster
	exists     func(room string) bool // there is a stream of that name
	archive    Archive                // nil: nothing is kept
	replayLogs ReplayLogs             // nil: no room is published as files
	stats      *reaction.RoomStats

	mu     sync.RWMutex
	open   map[string]*Room
	sweeps *ticker.OnDemand // while there is an open room
}

// find finds a room that is open.
func (rs *rooms) find(name string) *Room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.open[name]
}

// all are the rooms that are open, in no order.
func (rs *rooms) all() []*Room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return slices.Collect(maps.Values(rs.open))
}

// get finds a room, and opens it if there is such a stream. The error is a
// *message.Refusal.
func (rs *rooms) get(name string) (*Room, error) {
	if r := rs.find(name); r != nil {
		return r, nil
	}
	if !rs.exists(name) {
		return nil, message.Refuse(message.CodeNoRoom, "there is no such room")
	}
	rs.startNode() // not locked: the node reads our metrics, which count the viewers of rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.open[name]; r != nil {
		return r, nil
	}
	if len(rs.open) >= maxRooms {
		return nil, message.Later(message.CodeUnavailable, time.Minute, "too many rooms are open")
	}
	r := &Room{name: name, rooms: rs, used: time.Now()}
	rs.open[name] = r
	rs.sweeps.Wake()
	rs.cluster.Hold(r.channel())
	return r, nil
}

// viewers counts the subscribers in this process, by room; rooms without any are left out.
func (rs *rooms) viewers() map[string]int {
	viewers := make(map[string]int)
	for _, room := range rs.all() {
		if n := rs.node.Hub().NumSubscribers(room.channel()); n > 0 {
			viewers[room.name] = n
		}
	}
	return viewers
}

// run opens and closes rooms as they are needed until ctx ends. Rooms that are published as
// files are opened whoever is in them, as other processes may have those who write.
func (rs *rooms) run(ctx context.Context) {
	defer rs.sweeps.Stop()
	var replayed <-chan time.Time
	if rs.replayLogs != nil && rs.cluster.Clustered() {
		tick := time.NewTicker(replayedRoomsEvery)
		defer tick.Stop()
		replayed = tick.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-replayed:
			rs.openReplayed()
		case now := <-rs.sweeps.C:
			rs.sweeps.Do(func() bool { return rs.sweep(now) })
		}
	}
}

// openReplayed opens the rooms that are published as files.
func (rs *rooms) openReplayed() {
	for _, name := range rs.replayLogs.Rooms() {
		if room, err := rs.get(name); err == nil {
			room.touch()
		}
	}
}

// observe hands a publication to its room.
func (rs *rooms) observe(channel string, pub *centrifuge.Publication, past bool) {
	if name, reactions, ok := roomOf(channel); ok && !reactions {
		if r := rs.find(name); r != nil {
			r.observe(pub, past)
		}
	}
}

// filterHistory takes out of the past what was taken away.
func (rs *rooms) filterHistory(channel string, past []*centrifuge.Publication) []*centrifuge.Publication {
	if name, reactions, ok := roomOf(channel); ok && !reactions && len(past) > 0 {
		if r := rs.find(name); r != nil {
			return r.filterHistory(past)
		}
	}
	return past
}

// sweep closes the rooms that nobody needs, and tells whether some are left.
func (rs *rooms) sweep(now time.Time) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for name, r := range rs.open {
		r.mu.Lock()
		kept := quiet
		if len(r.ring.deleted) > 0 {
			kept = historyTime // the history still holds what was taken away: who comes must not read it
		}
		idle := now.Sub(r.used) > kept
		r.mu.Unlock()
		if idle && rs.node.Hub().NumSubscribers(r.channel()) == 0 {
			delete(rs.open, name)
			rs.cluster.Release(r.channel())
		}
	}
	return len(rs.open) > 0
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
