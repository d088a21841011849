package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/internal/redis"
)

// LocalPrefix begins the channels that stay in the process: each process sends its own
// clients what is in them.
const LocalPrefix = "react:"

// Cluster ties this process to the others.
type Cluster struct {
	node     *centrifuge.Node
	handlers Handlers
	log      *slog.Logger
	links    []*link // none: this process is alone
	// How often links are pinged, and how long a publication waits for Redis.
	pingInterval, publishWait time.Duration

	mu    sync.RWMutex
	rooms map[string]*room

	joins [64]sync.Mutex // by channel: subscribing and unsubscribing in Redis

	local *memory // nil: there is Redis

	sharedMu      sync.Mutex
	shared        []*Shared
	resubscribing sync.WaitGroup // clients being asked to subscribe again
	stopped       context.Context
	stop          context.CancelFunc
}

// Handlers are what a Cluster calls. They may be called from several goroutines, but for
// one channel Observe and Deliver are called one at a time, in the order of the stream.
type Handlers struct {
	// Observe gets every publication of the rooms that this process has subscribers of or
	// holds. past marks what was published before this process opened the room. It must
	// return soon, must not publish to the same channel and must not change the
	// publication. Nil: nobody observes.
	Observe func(channel string, p *centrifuge.Publication, past bool)
	// Deliver brings a publication to this process's subscribers, after Observe. Nil: the
	// node does.
	Deliver func(channel string, p *centrifuge.Publication, at centrifuge.StreamPosition) error
	// FilterHistory may replace, but not add or remove, publications that clients are given
	// as history or to recover. It must change neither the slice nor what is in it. Nil:
	// they get all as it was published.
	FilterHistory func(channel string, past []*centrifuge.Publication) []*centrifuge.Publication
	// LinkChanged is told that a shard of Redis can't be reached (isolated), or that all of
	// it can, at first or again. Nil: nobody is told.
	LinkChanged func(isolated bool)
	// Notified gets what other processes send by the node's Notify, and by Broadcast. Nil:
	// nobody does.
	Notified centrifuge.NotificationHandler
}

func (h *Handlers) setDefaults(node *centrifuge.Node) {
	if h.Observe == nil {
		h.Observe = func(string, *centrifuge.Publication, bool) {}
	}
	if h.Deliver == nil {
		h.Deliver = func(channel string, p *centrifuge.Publication, at centrifuge.StreamPosition) error {
			return node.HandlePublication(channel, p, at, false, nil)
		}
	}
	if h.FilterHistory == nil {
		h.FilterHistory = func(_ string, past []*centrifuge.Publication) []*centrifuge.Publication { return past }
	}
	if h.LinkChanged == nil {
		h.LinkChanged = func(bool) {}
	}
	if h.Notified == nil {
		h.Notified = func(centrifuge.NotificationEvent) {}
	}
}

// Open sets a broker on a node that does not run yet. urls are addresses as package redis
// reads them, or "". The error never shows them.
func Open(node *centrifuge.Node, urls string, handlers Handlers, log *slog.Logger) (*Cluster, error) {
	handlers.setDefaults(node)
	c := &Cluster{
		node: node, log: log, handlers: handlers, pingInterval: pingEach, publishWait: publishTimeout, rooms: make(map[string]*room),
	}
	c.stopped, c.stop = context.WithCancel(context.Background())
	node.OnNotification(c.handleNotification)
	node.SetMapBroker(nil) // rooms have no map subscriptions, and it wakes the process four times a second
	if strings.TrimSpace(urls) == "" {
		c.local = newMemory(node.Config().HistoryMetaTTL)
		node.SetBroker(&solo{c, c.local})
		return c, nil
	}
	servers, err := redis.Parse(urls)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	for i, server := range servers {
		c.links = append(c.links, newLink(c, i, server))
	}
	node.SetBroker(&broker{c})
	return c, nil
}

// reportLinks tells what the links have come to.
func (c *Cluster) reportLinks() {
	for _, l := range c.links {
		if !l.up.Load() {
			c.handlers.LinkChanged(true)
			return
		}
	}
	c.handlers.LinkChanged(false)
}

// Run connects to Redis and keeps the processes together until ctx ends. The node may
// run before or after. Without Redis it frees the memory of history that has expired.
func (c *Cluster) Run(ctx context.Context) error {
	defer c.resubscribing.Wait()
	defer c.stop()
	if c.local != nil {
		return c.local.run(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range c.links {
		g.Go(func() error { return l.run(ctx) })
	}
	return g.Wait()
}

// AwaitTried waits until Run has asked every Redis server for the first time, or ctx ends.
// Who joins before that begins the room anew in this process, and has to join again.
func (c *Cluster) AwaitTried(ctx context.Context) {
	for _, l := range c.links {
		select {
		case <-l.tried:
		case <-ctx.Done():
			return
		}
	}
}

// Isolated tells whether the room goes on without the other processes at the moment.
func (c *Cluster) Isolated(channel string) bool {
	return len(c.links) > 0 && !c.link(channel).up.Load()
}

// Clustered tells whether there is a Redis at all.
func (c *Cluster) Clustered() bool { return len(c.links) > 0 }

// Hold keeps the process in a room without subscribers, for the observer and the log. It
// returns at once, and the room's history follows; each Hold needs a Release.
func (c *Cluster) Hold(channel string) {
	if c.local != nil || isLocal(channel) {
		return
	}
	r := c.open(channel)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds++
	if !r.inSync() {
		r.markStale()
	}
}

// Release undoes a Hold.
func (c *Cluster) Release(channel string) {
	c.mu.RLock()
	r := c.rooms[channel]
	c.mu.RUnlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	r.holds = max(0, r.holds-1)
	r.mu.Unlock()
	c.releaseRoom(r)
}

// Recent has up to n of the last publications of a room, oldest first, as far as this
// process has them.
func (c *Cluster) Recent(channel string, n int) []*centrifuge.Publication {
	pubs, _, err := c.history(channel, centrifuge.HistoryOptions{Filter: centrifuge.HistoryFilter{Limit: n, Reverse: true}})
	if err != nil {
		return nil
	}
	for i, j := 0, len(pubs)-1; i < j; i, j = i+1, j-1 {
		pubs[i], pubs[j] = pubs[j], pubs[i]
	}
	return pubs
}

func isLocal(channel string) bool { return strings.HasPrefix(channel, LocalPrefix) }

// link is the shard that a channel lives on.
func (c *Cluster) link(key string) *link { return c.links[shard(key, len(c.links))] }

func (c *Cluster) joining(channel string) *sync.Mutex { return &c.joins[shard(channel, len(c.joins))] }

// open finds the room, or makes it.
func (c *Cluster) open(channel string) *room {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[channel]
	if r == nil {
		r = &room{channel: channel, link: c.link(channel)}
		c.rooms[channel] = r
	}
	return r
}

func (c *Cluster) room(channel string) *room {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.rooms[channel]
}

// roomsOf are the rooms of a shard.
func (c *Cluster) roomsOf(l *link) []*room {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var rooms []*room
	for _, r := range c.rooms {
		if r.link == l {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// forgetRoom drops a room that nobody needs and that has nothing unpublished.
func (c *Cluster) forgetRoom(r *room) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holds > 0 || r.subscribed || r.hasUnpublished() || r.reconciling {
		return false
	}
	if r.gen != 0 && !r.inSync() { // its positions are out there
		return false
	}
	if c.rooms[r.channel] == r {
		delete(c.rooms, r.channel)
	}
	return true
}

// spread is how long n clients are given to subscribe again.
func spread(n int) time.Duration {
	return min(maxSpread, time.Duration(n)*spreadEach)
}

const (
	spreadEach = 500 * time.Microsecond // 2,000 clients a second
	maxSpread  = 5 * time.Second
)
