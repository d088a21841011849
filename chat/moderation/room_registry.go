package moderation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/globalfandom/lightstick/chat/message"
)

// maxRooms is how many rooms a registry keeps at once. Those not used for longest go when
// there are more; the store has them.
const maxRooms = 10_000

// loadTimeout bounds the reading of a room from the store.
const loadTimeout = 5 * time.Second

// roomRegistry keeps the rooms that were used lately in memory, and the settings of all in
// the store.
type roomRegistry struct {
	store        Store
	linksAllowed bool   // unless a room says otherwise
	loaded       func() // a room came into memory
	log          *slog.Logger

	mu      sync.RWMutex
	rooms   map[string]*room
	loading singleflight.Group
}

// get finds a room, in the store if it must. The error is a *message.Refusal.
func (g *roomRegistry) get(ctx context.Context, name string) (*room, error) {
	g.mu.RLock()
	r := g.rooms[name]
	g.mu.RUnlock()
	if r != nil {
		r.used.Store(now())
		return r, nil
	}
	if name == "" || len(name) > maxID || name == AllRooms {
		return nil, message.Refuse(message.CodeNoRoom, "there is no such room")
	}
	found := g.loading.DoChan(name, func() (any, error) { return g.load(context.WithoutCancel(ctx), name) })
	select {
	case result := <-found:
		if result.Err != nil {
			g.log.Error("a room can't be read", "room", name, "err", result.Err)
			return nil, message.Later(message.CodeUnavailable, time.Second, "the room's settings can't be read just now")
		}
		return result.Val.(*room), nil
	case <-ctx.Done():
		return nil, message.Later(message.CodeUnavailable, time.Second, "the room's settings can't be read just now")
	}
}

func (g *roomRegistry) load(ctx context.Context, name string) (*room, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	data, err := g.store.LoadRoom(ctx, name)
	if err != nil {
		return nil, err
	}
	r := newRoom(name, g.linksAllowed)
	if data != nil {
		if err := r.restore(data); err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
	}
	r.used.Store(now())
	g.mu.Lock()
	defer g.mu.Unlock()
	if have := g.rooms[name]; have != nil {
		return have, nil
	}
	if len(g.rooms) >= maxRooms && !g.evict() {
		return nil, errors.New("too many rooms are in use")
	}
	g.rooms[name] = r
	g.loaded()
	return r, nil
}

// inUse is for how long after its last use somebody may still be at work with a room:
// twice what a question to the store may take.
const inUse = 2 * loadTimeout

// evict takes out the room that was not used for longest, unless it has a poll or may be
// in use. mu is held.
func (g *roomRegistry) evict() bool {
	var oldest *room
	for _, r := range g.rooms {
		if r.view.Load().poll.ID == "" && (oldest == nil || r.used.Load() < oldest.used.Load()) {
			oldest = r
		}
	}
	if oldest == nil || now()-oldest.used.Load() < inUse.Milliseconds() {
		return false
	}
	delete(g.rooms, oldest.name)
	return true
}

// all are the rooms in memory, in no order.
func (g *roomRegistry) all() []*room {
	g.mu.RLock()
	defer g.mu.RUnlock()
	rooms := make([]*room, 0, len(g.rooms))
	for _, r := range g.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// save writes a room to the store.
func (g *roomRegistry) save(ctx context.Context, r *room) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	r.mu.Lock()
	data, revision, err := r.encodeStored(now())
	r.mu.Unlock()
	if err == nil {
		err = g.store.SaveRoom(ctx, r.name, data, revision)
	}
	if err != nil {
		g.log.Error("a room's settings hold, but can't be stored", "room", r.name, "err", err)
	}
}
