package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/cespare/xxhash/v2"
	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/internal/redis"
)

// Deadlines of what Redis is asked.
const (
	connectTimeout = time.Second
	ioTimeout      = time.Second
	publishTimeout = 300 * time.Millisecond // then the publication goes on locally
	askTimeout     = time.Second            // a history, a script
	pingEach       = 500 * time.Millisecond
	sweepPings     = 10  // after so many, rooms' positions are compared with Redis's
	maxInFlight    = 512 // calls to one shard at a time; more: it is too slow
)

// Prefix begins all keys and channels in Redis.
const Prefix = "lightstick:chat"

var (
	errUnreachable = errors.New("redis: can't be reached")
	errSlow        = errors.New("redis: no answer in time")
)

// linkOwner is told what becomes of a link, by its run.
type linkOwner interface {
	// linkBack: Redis answers, at first or again. The error breaks the link.
	linkBack(ctx context.Context, l *link) error
	// linkLost: Redis does not answer any more.
	linkLost(l *link)
	// linkChecked: Redis has answered a ping; after some, positions are to be swept.
	linkChecked(ctx context.Context, l *link, sweep bool)
	// roomsStale: a room asked to be reconciled.
	roomsStale(l *link)
	// reportLinks: Redis did not answer at first.
	reportLinks()
}

// link is this process's connection to a shard, with a circuit breaker: while up is
// false nobody asks Redis but run.
type link struct {
	owner    linkOwner
	node     *centrifuge.Node
	timing   *timing
	log      *slog.Logger
	index    int
	server   redis.Server
	incoming centrifuge.BrokerEventHandler

	up      atomic.Bool
	gen     atomic.Int64 // grows each time that the link breaks
	back    atomic.Int64 // when it was last made, in Unix ms
	tripped chan struct{}
	woken   chan struct{} // holds one: a room is stale
	slots   chan struct{}

	watches sync.WaitGroup
	unwatch context.CancelFunc // of run alone

	mu     sync.RWMutex
	broken chan struct{} // closed when the link breaks: nobody waits on
	tried  chan struct{} // closed when Redis has been asked for the first time
	client rueidis.Client
	shard  *centrifuge.RedisShard
	broker *centrifuge.RedisBroker
}

func newLink(owner linkOwner, node *centrifuge.Node, timing *timing, i int, server redis.Server, log *slog.Logger) *link {
	l := &link{
		owner: owner, node: node, timing: timing, log: log.With("shard", i, "redis", server.Name()), index: i, server: server,
		tripped: make(chan struct{}, 1), woken: make(chan struct{}, 1), slots: make(chan struct{}, maxInFlight), unwatch: func() {},
		tried: make(chan struct{}),
	}
	l.gen.Store(1)
	return l
}

// isUp tells whether Redis answers.
func (l *link) isUp() bool { return l.up.Load() }

// generation grows each time that the link breaks.
func (l *link) generation() int64 { return l.gen.Load() }

// backSince is when the link was last made.
func (l *link) backSince() time.Time { return time.UnixMilli(l.back.Load()) }

// wake has run look after stale rooms.
func (l *link) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// trip breaks the link. The first to notice says so.
func (l *link) trip(why error) {
	if !l.up.Swap(false) {
		return
	}
	l.gen.Add(1)
	l.mu.Lock()
	close(l.broken)
	l.mu.Unlock()
	l.log.Error("redis can't be reached: rooms go on in this process alone", "err", why)
	select {
	case l.tripped <- struct{}{}:
	default:
	}
}

// run connects, and then keeps asking whether Redis is there.
func (l *link) run(ctx context.Context) error {
	defer l.close()
	tried := sync.OnceFunc(func() { close(l.tried) })
	defer tried()
	var swept time.Time
	wait := time.NewTimer(0)
	defer wait.Stop()
	reported := false
	var hold time.Duration // of a link that breaks again and again
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.tripped:
			hold = l.nextHold(hold)
			wait.Reset(max(hold, l.timing.pingInterval/2))
			l.owner.linkLost(l)
			reported = true
			continue
		case <-l.woken:
			if l.isUp() {
				l.owner.roomsStale(l)
			}
			continue
		case <-wait.C:
		}
		err := l.probe(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if !reported && !l.isUp() { // it was never there
				reported = true
				l.log.Error("redis can't be reached: rooms go on in this process alone", "err", err)
				l.owner.reportLinks()
			}
			l.trip(err)
		case !l.isUp():
			reported = false
			swept = time.Now().Add((2 - sweepPings) * l.timing.pingInterval) // soon, for what came while subscribing
			l.rejoin(ctx)
		default:
			sweep := time.Since(swept) > sweepPings*l.timing.pingInterval
			if sweep {
				swept = time.Now()
			}
			l.owner.linkChecked(ctx, l, sweep)
		}
		tried()
		wait.Reset(l.timing.pingInterval*3/4 + rand.N(l.timing.pingInterval/2))
	}
}

// nextHold is how long the link stays broken: longer each time if it breaks soon after it
// was made.
func (l *link) nextHold(last time.Duration) time.Duration {
	if time.Since(l.backSince()) < sweepPings*l.timing.pingInterval {
		return min(max(2*last, l.timing.pingInterval), sweepPings*l.timing.pingInterval)
	}
	return 0
}

// probe makes the connection if there is none, and asks Redis for a sign of life.
func (l *link) probe(ctx context.Context) error {
	if l.isNew() {
		if err := l.connect(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client := l.client
	if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// rejoin closes the breaker.
func (l *link) rejoin(ctx context.Context) {
	if err := l.watch(l.client); err != nil {
		l.log.Warn("redis: can't watch the connection", "err", err)
		return
	}
	l.back.Store(time.Now().UnixMilli())
	l.mu.Lock()
	l.broken = make(chan struct{})
	l.mu.Unlock()
	l.up.Store(true)
	if err := l.owner.linkBack(ctx, l); err != nil {
		l.trip(err)
	}
}

func (l *link) close() {
	l.up.Store(false)
	l.unwatch()
	l.watches.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broker == nil {
		return
	}
	_ = l.broker.Close(context.Background())
	l.shard.Close()
	l.client.Close()
	l.broker, l.client = nil, nil
}

// isNew tells that there was no connection yet.
func (l *link) isNew() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.broker == nil
}

// do runs a call to Redis with a deadline, and breaks the link if it is missed. A call
// that comes too late is let go: it ends by the client's own deadlines.
func do[T any](l *link, timeout time.Duration, call func(*centrifuge.RedisBroker) (T, error)) (T, error) {
	var none T
	l.mu.RLock()
	b, broken := l.broker, l.broken
	l.mu.RUnlock()
	if b == nil || !l.isUp() {
		return none, errUnreachable
	}
	select {
	case l.slots <- struct{}{}:
	default:
		l.trip(errSlow)
		return none, errSlow
	}
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		defer func() { <-l.slots }()
		v, err := call(b)
		answers <- answer{v, err}
	}()
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, centrifuge.ErrorBadRequest) {
			l.trip(a.err)
		}
		return a.value, a.err
	case <-broken:
		return none, errUnreachable
	case <-late.C:
		l.trip(errSlow)
		return none, errSlow
	}
}

// ask is do for a command of ours.
func (l *link) ask(ctx context.Context, timeout time.Duration, f func(context.Context, rueidis.Client) rueidis.RedisResult) rueidis.RedisResult {
	l.mu.RLock()
	client := l.client
	l.mu.RUnlock()
	if client == nil || !l.isUp() {
		return rueidis.NewErrorResult(errUnreachable)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result := f(ctx, client)
	if err := result.NonRedisError(); err != nil && !errors.Is(err, context.Canceled) {
		l.trip(err)
	}
	return result
}

// shard picks one of n for a key, such that few keys move when n grows (rendezvous hashing).
func shard(key string, n int) int {
	best, most := 0, uint64(0)
	for i := range n {
		h := xxhash.Sum64String(strconv.Itoa(i) + "/" + key)
		if i == 0 || h > most {
			best, most = i, h
		}
	}
	return best
}
