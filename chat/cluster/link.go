package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
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

// prefix of all keys and channels in Redis.
const prefix = "lightstick:chat"

var (
	errUnreachable = errors.New("redis: can't be reached")
	errSlow        = errors.New("redis: no answer in time")
)

// link is this process's connection to a shard, with a circuit breaker: while up is
// false nobody asks Redis but run.
type link struct {
	c      *Cluster
	log    *slog.Logger
	server redis.Server

	up      atomic.Bool
	gen     atomic.Int64 // grows each time that the link breaks
	back    atomic.Int64 // when it was last made, in Unix ms
	tripped chan struct{}
	kick    chan struct{} // holds one: a room is stale
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

func newLink(c *Cluster, i int, server redis.Server) *link {
	l := &link{
		c: c, log: c.log.With("shard", i, "redis", server.Name()), server: server,
		tripped: make(chan struct{}, 1), kick: make(chan struct{}, 1), slots: make(chan struct{}, maxInFlight), unwatch: func() {},
		tried: make(chan struct{}),
	}
	l.gen.Store(1)
	return l
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
	told := false
	var hold time.Duration // of a link that breaks again and again
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.tripped:
			if time.Since(time.UnixMilli(l.back.Load())) < sweepPings*l.c.pingInterval {
				hold = min(max(2*hold, l.c.pingInterval), sweepPings*l.c.pingInterval)
			} else {
				hold = 0
			}
			wait.Reset(max(hold, l.c.pingInterval/2))
			l.c.reportLinks()
			told = true
			for _, r := range l.c.roomsOf(l) {
				l.c.deliverUnseen(r)
			}
			continue
		case <-l.kick:
			if l.up.Load() {
				l.c.reconcileStaleRooms(l)
			}
			continue
		case <-wait.C:
		}
		err := l.probe(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if !told && !l.up.Load() { // it was never there
				told = true
				l.log.Error("redis can't be reached: rooms go on in this process alone", "err", err)
				l.c.reportLinks()
			}
			l.trip(err)
		case !l.up.Load():
			told = false
			swept = time.Now().Add((2 - sweepPings) * l.c.pingInterval) // soon, for what came while subscribing
			l.rejoin()
		default:
			l.c.reconcileStaleRooms(l)
			if time.Since(swept) > sweepPings*l.c.pingInterval {
				swept = time.Now()
				l.c.sweep(l)
				_ = l.c.syncShared(l, false)
			}
		}
		tried()
		wait.Reset(l.c.pingInterval*3/4 + rand.N(l.c.pingInterval/2))
	}
}

// probe makes the connection if there is none, and asks Redis for a sign of life.
func (l *link) probe(ctx context.Context) error {
	if l.redis() == nil {
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

// rejoin closes the breaker: shared state first, so that nobody writes who was banned
// meanwhile, then the rooms.
func (l *link) rejoin() {
	if err := l.watch(l.client); err != nil {
		l.log.Warn("redis: can't watch the connection", "err", err)
		return
	}
	l.back.Store(time.Now().UnixMilli())
	l.mu.Lock()
	l.broken = make(chan struct{})
	l.mu.Unlock()
	l.up.Store(true)
	if err := l.c.syncShared(l, true); err != nil {
		l.trip(err)
		return
	}
	l.log.Info("redis is there: rooms are being brought in step with other processes")
	l.c.reportLinks()
	l.c.reconcileStaleRooms(l)
}

// connect makes the clients. Redis must answer, or there is an error and nothing stays.
func (l *link) connect() error {
	options := l.server.Options
	options.ClientName = "lightstick"
	options.DisableRetry = true
	options.DisableCache = true
	options.ConnWriteTimeout = ioTimeout
	options.Dialer = net.Dialer{Timeout: connectTimeout, KeepAlive: 400 * time.Millisecond}
	options.Sentinel.TopologyRefreshInterval = 5 * time.Second
	client, err := rueidis.NewClient(options)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	shard, err := centrifuge.NewRedisShard(l.c.node, l.config())
	if err != nil {
		client.Close()
		return err
	}
	b, err := centrifuge.NewRedisBroker(l.c.node, centrifuge.RedisBrokerConfig{
		Prefix: prefix, Shards: []*centrifuge.RedisShard{shard}, Name: strconv.Itoa(shardIndex(l)),
	})
	if err == nil {
		// The node has no client yet when it is not running: what is heard goes nowhere.
		err = errors.Join(b.RegisterControlEventHandler((*controls)(l.c)), b.RegisterBrokerEventHandler(&incoming{l.c, l}))
	}
	if err != nil {
		if b != nil {
			_ = b.Close(context.Background())
		}
		shard.Close()
		client.Close()
		return fmt.Errorf("broker: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client, l.shard, l.broker = client, shard, b
	return nil
}

// watch breaks the link when a connection that does nothing else is lost: a server that
// was started anew within a moment would otherwise get publications before it has got
// its history back.
func (l *link) watch(client rueidis.Client) error {
	conn, release := client.Dedicate()
	lost := conn.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(rueidis.PubSubMessage) {}})
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	if err := conn.Do(ctx, conn.B().Subscribe().Channel(prefix+".watch").Build()).Error(); err != nil {
		conn.Close()
		release()
		return err
	}
	l.unwatch() // the one before, whose connection may hang
	watching, unwatch := context.WithCancel(l.c.stopped)
	l.unwatch = unwatch
	gen := l.gen.Load()
	l.watches.Go(func() {
		defer release()
		defer conn.Close()
		select {
		case err := <-lost:
			if l.gen.Load() == gen {
				l.trip(err)
			}
		case <-watching.Done():
		}
	})
	return nil
}

func shardIndex(l *link) int {
	for i, other := range l.c.links {
		if other == l {
			return i
		}
	}
	return 0
}

// config says the same to centrifuge as the options say to rueidis.
func (l *link) config() centrifuge.RedisShardConfig {
	o := l.server.Options
	conf := centrifuge.RedisShardConfig{
		DB: o.SelectDB, User: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, ClientName: "lightstick",
		ConnectTimeout: connectTimeout, IOTimeout: ioTimeout,
	}
	switch {
	case o.Sentinel.MasterSet != "":
		conf.SentinelAddresses, conf.SentinelMasterName = o.InitAddress, o.Sentinel.MasterSet
		conf.SentinelUser, conf.SentinelPassword, conf.SentinelTLSConfig = o.Sentinel.Username, o.Sentinel.Password, o.Sentinel.TLSConfig
	case l.server.Cluster:
		conf.ClusterAddresses = o.InitAddress
	case l.server.Socket:
		conf.Address = "unix://" + o.InitAddress[0]
	default:
		conf.Address = o.InitAddress[0]
	}
	return conf
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

func (l *link) redis() *centrifuge.RedisBroker {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.broker
}

// do runs a call to Redis with a deadline, and breaks the link if it is missed. A call
// that comes too late is let go: it ends by the client's own deadlines.
func do[T any](l *link, timeout time.Duration, call func(*centrifuge.RedisBroker) (T, error)) (T, error) {
	var none T
	l.mu.RLock()
	b, broken := l.broker, l.broken
	l.mu.RUnlock()
	if b == nil || !l.up.Load() {
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
	if client == nil || !l.up.Load() {
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
