package cluster

import (
	"log/slog"
	"sync"

	"github.com/centrifugal/centrifuge"
)

// rooms are those that this process takes part in.
type rooms struct {
	links    []*link
	handlers *Handlers
	log      *slog.Logger

	subscribing [64]sync.Mutex // by channel: subscribing and unsubscribing in Redis; before mu

	mu        sync.RWMutex // before a room's
	byChannel map[string]*room
}

func newRooms(links []*link, handlers *Handlers, log *slog.Logger) *rooms {
	return &rooms{links: links, handlers: handlers, log: log, byChannel: make(map[string]*room)}
}

// open finds the room, or makes it.
func (rs *rooms) open(channel string) *room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byChannel[channel]
	if r == nil {
		r = &room{channel: channel, link: rs.link(channel), handlers: rs.handlers, errors: rs.log}
		rs.byChannel[channel] = r
	}
	return r
}

func (rs *rooms) link(channel string) *link { return rs.links[shard(channel, len(rs.links))] }

// find finds the room; nil: this process takes no part in it.
func (rs *rooms) find(channel string) *room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.byChannel[channel]
}

// onLink are the rooms of a shard.
func (rs *rooms) onLink(l *link) []*room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	var rooms []*room
	for _, r := range rs.byChannel {
		if r.link == l {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// subscribe has Redis send a room's publications, if anybody here gets them.
func (rs *rooms) subscribe(r *room) error {
	mu := rs.subscribingTo(r.channel)
	mu.Lock()
	defer mu.Unlock()
	if rs.find(r.channel) != r {
		return errUnreachable // it was given up
	}
	if !r.isWanted() {
		return nil
	}
	return r.link.subscribe(r.channel)
}

// release gives up a room that nobody needs. One that has something that Redis lacks stays
// until it has been reconciled.
func (rs *rooms) release(r *room) {
	mu := rs.subscribingTo(r.channel)
	mu.Lock()
	defer mu.Unlock()
	if rs.dropDisposable(r) {
		r.link.unsubscribe(r.channel)
	}
}

func (rs *rooms) subscribingTo(channel string) *sync.Mutex {
	return &rs.subscribing[shard(channel, len(rs.subscribing))]
}

func (rs *rooms) dropDisposable(r *room) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if !r.isDisposable() {
		return false
	}
	if rs.byChannel[r.channel] == r {
		delete(rs.byChannel, r.channel)
	}
	return true
}

// history answers as a broker's History does.
func (rs *rooms) history(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition) {
	if isLocal(channel) {
		return nil, centrifuge.StreamPosition{}
	}
	r := rs.find(channel)
	if r == nil {
		pubs, position, err := rs.link(channel).history(channel, opts)
		if err == nil {
			for i, p := range pubs {
				pubs[i] = untag(p).Pub
			}
			return pubs, position
		}
		r = rs.open(channel)
	}
	return r.read(opts.Filter)
}

// clearHistory empties a room's log.
func (rs *rooms) clearHistory(channel string) {
	if r := rs.find(channel); r != nil {
		r.clearHistory()
	}
}
