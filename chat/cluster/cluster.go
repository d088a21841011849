package cluster

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/redis/rueidis"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/internal/redis"
)

// LocalPrefix begins the channels that stay in the process: each process sends its own
// clients what is in them.
const LocalPrefix = "react:"

// Cluster ties this process to the others.
type Cluster struct {
	node       *centrifuge.Node
	handlers   *Handlers
	log        *slog.Logger
	timing     *timing
	links      []*link // none: this process is alone
	rooms      *rooms
	reconciler *reconciler
	local      *memory // nil: there is Redis

	states map[string]State // by operation
}

// timing is how often links are pinged, and how long a publication waits for Redis.
type timing struct{ pingInterval, publishWait time.Duration }

// Open sets a broker on a node that does not run yet. urls are addresses as package redis
// reads them, or "". The error never shows them.
func Open(node *centrifuge.Node, servers redis.Servers, handlers Handlers, log *slog.Logger) (*Cluster, error) {
	handlers.setDefaults(node)
	c := &Cluster{
		node: node, log: log, handlers: &handlers, timing: &timing{pingEach, publishTimeout}, states: make(map[string]State),
	}
	node.OnNotification(c.handleNotification)
	node.SetMapBroker(nil) // rooms have no map subscriptions, and it wakes the process four times a second
	if len(servers) == 0 {
		c.local = newMemory(node.Config().HistoryMetaTTL)
		node.SetBroker(&solo{c.handlers, c.local})
		return c, nil
	}
	for i, server := range servers {
		c.links = append(c.links, newLink(c, node, c.timing, i, server, log))
	}
	c.rooms = newRooms(c.links, c.handlers, log)
	for _, l := range c.links {
		l.incoming = &incoming{c.rooms}
	}
	c.reconciler = newReconciler(node, c.rooms, log, c.Broadcast)
	node.SetBroker(&broker{c})
	return c, nil
}

// Run connects to Redis and keeps the processes together until ctx ends. The node may
// run before or after. Without Redis it frees the memory of history that has expired.
func (c *Cluster) Run(ctx context.Context) error {
	if c.local != nil {
		return c.local.run(ctx)
	}
	defer c.reconciler.stop()
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
	return len(c.links) > 0 && !c.link(channel).isUp()
}

// Clustered tells whether there is a Redis at all.
func (c *Cluster) Clustered() bool { return len(c.links) > 0 }

// NodeID names this process among the others.
func (c *Cluster) NodeID() string { return c.node.ID() }

// Hold keeps the process in a room without subscribers, for the observer and the log. It
// returns at once, and the room's history follows; each Hold needs a Release.
func (c *Cluster) Hold(channel string) {
	if c.local == nil && !isLocal(channel) {
		c.rooms.open(channel).hold()
	}
}

// Release undoes a Hold.
func (c *Cluster) Release(channel string) {
	if c.local != nil {
		return
	}
	if r := c.rooms.find(channel); r != nil {
		r.unhold()
		c.rooms.release(r)
	}
}

// Recent has up to n of the last publications of a room, oldest first, as far as this
// process has them.
func (c *Cluster) Recent(channel string, n int) []*centrifuge.Publication {
	opts := centrifuge.HistoryOptions{Filter: centrifuge.HistoryFilter{Limit: n, Reverse: true}}
	var pubs []*centrifuge.Publication
	if c.local != nil {
		pubs, _ = c.local.history(channel, opts)
	} else {
		pubs, _ = c.rooms.history(channel, opts)
	}
	slices.Reverse(pubs)
	return pubs
}

func isLocal(channel string) bool { return strings.HasPrefix(channel, LocalPrefix) }

// link is the shard that a key lives on.
func (c *Cluster) link(key string) *link { return c.links[shard(key, len(c.links))] }

// linkBack implements linkOwner: shared state comes first, so that nobody writes who was
// banned meanwhile, then the rooms.
func (c *Cluster) linkBack(ctx context.Context, l *link) error {
	if err := c.syncStates(ctx, l, true); err != nil {
		return err
	}
	l.log.Info("redis is there: rooms are being brought in step with other processes")
	c.reportLinks()
	c.reconciler.reconcileStaleRooms(l)
	return nil
}

// linkLost implements linkOwner.
func (c *Cluster) linkLost(l *link) {
	c.reportLinks()
	for _, r := range c.rooms.onLink(l) {
		r.addUnseen()
	}
}

// linkChecked implements linkOwner.
func (c *Cluster) linkChecked(ctx context.Context, l *link, sweep bool) {
	c.reconciler.reconcileStaleRooms(l)
	if sweep {
		c.reconciler.sweep(l)
		_ = c.syncStates(ctx, l, false) // a broken link was logged
	}
}

// roomsStale implements linkOwner.
func (c *Cluster) roomsStale(l *link) { c.reconciler.reconcileStaleRooms(l) }

// reportLinks implements linkOwner: it tells what the links have come to.
func (c *Cluster) reportLinks() {
	isolated := slices.ContainsFunc(c.links, func(l *link) bool { return !l.isUp() })
	c.handlers.LinkChanged(isolated)
}

// State is something on which all processes agree; see package shared. Its methods may be
// called from several goroutines.
type State interface {
	// Sync brings this process and Redis to the same values. It may leave that if nothing
	// has changed in Redis since, unless it is told to do it anyway.
	Sync(ctx context.Context, anyway bool) error
	// Receive takes what another process has broadcast.
	Receive(data []byte)
}

// Register has a state synced by the first shard, which keeps it, and given what is
// broadcast as op. Call it before Run.
func (c *Cluster) Register(op string, s State) { c.states[op] = s }

func (c *Cluster) syncStates(ctx context.Context, l *link, anyway bool) error {
	if l != c.links[0] {
		return nil
	}
	for _, s := range c.states {
		if err := s.Sync(ctx, anyway); err != nil {
			return err
		}
	}
	return nil
}

// Ask runs a command of rueidis on the shard of a key ("": the first one), with a deadline,
// unless it can't be reached.
func (c *Cluster) Ask(ctx context.Context, key string, timeout time.Duration, command func(context.Context, rueidis.Client) rueidis.RedisResult) rueidis.RedisResult {
	l := c.links[0]
	if key != "" {
		l = c.link(key)
	}
	return l.ask(ctx, timeout, command)
}

// PublishWait is how long what a client waits for waits for Redis.
func (c *Cluster) PublishWait() time.Duration { return c.timing.publishWait }

// background runs what nobody waits for but stop.
type background struct {
	running sync.WaitGroup
	stopped context.Context
	cancel  context.CancelFunc
}

func newBackground() *background {
	b := &background{}
	b.stopped, b.cancel = context.WithCancel(context.Background())
	return b
}

func (b *background) stop() {
	b.cancel()
	b.running.Wait()
}
