package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/reaction"
	"github.com/globalfandom/lightstick/chat/socket"
	"github.com/globalfandom/lightstick/internal/redis"
	"github.com/globalfandom/lightstick/internal/ticker"
)

// Config of the chat. What is nil is not there.
type Config struct {
	Settings
	// Exists tells whether there is a stream of that name.
	Exists func(room string) bool
	// Enter tells whether somebody with a playback ticket, maybe "", may be in a room; nil:
	// everybody may. Who moderates, or has a token that names the room, is not asked.
	Enter func(room, ticket string, address netip.Addr) error
	// Redis are the servers that several processes share; none: this process is alone.
	Redis redis.Servers
	// Address is a client's, past the proxies that are trusted.
	Address func(*http.Request) netip.Addr
	// Origin tells whether pages of the request's origin may connect.
	Origin func(*http.Request) bool

	Authority Authority
	// Login tells whether there are accounts to sign in with.
	Login  func() bool
	Limits *limit.Limits
	// Moderation is how the Moderator is set up; what the service knows itself it fills in.
	Moderation moderation.Config
	Archive    Archive
	ReplayLogs ReplayLogs

	// Metrics takes the service's metrics; see LibraryMetrics for others. It may be nil.
	Metrics prometheus.Registerer
	Log     *slog.Logger
}

// Guests is what those without a token may do.
type Guests string

// What guests may do.
const (
	GuestsOff   Guests = "off"
	GuestsRead  Guests = "read"
	GuestsWrite Guests = "write"
)

// Service is every room of a process.
type Service struct {
	cfg        Config
	node       *centrifuge.Node
	started    sync.Once // the node
	cluster    *cluster.Cluster
	rooms      *rooms
	bridge     *moderationBridge
	writer     *writer
	clients    *clients
	fanout     *socket.Fanout
	ws         *socket.Handler
	stats      *reaction.RoomStats
	aggregator *reaction.Aggregator
	metrics    *metrics
	library    *prometheus.Registry // of centrifuge
	isolated   atomic.Bool          // other processes can't be reached
}

var noAddress netip.Addr

// New makes the service; Run runs it.
func New(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{
		cfg: cfg, metrics: newMetrics(), library: prometheus.NewRegistry(), fanout: socket.NewFanout(), stats: reaction.NewRoomStats(cfg.SampleAbove),
	}
	var err error
	if s.node, err = centrifuge.New(s.nodeConfig()); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s.rooms = &rooms{
		node: s.node, startNode: s.start, exists: cfg.Exists, archive: cfg.Archive, replayLogs: cfg.ReplayLogs, stats: s.stats,
		open: make(map[string]*Room), sweeps: ticker.New(sweepEvery),
	}
	if s.cluster, err = cluster.Open(s.node, cfg.Redis, cluster.Handlers{
		Observe: s.rooms.observe, Deliver: s.fanout.Publish, FilterHistory: s.rooms.filterHistory,
		LinkChanged: s.setIsolated, Notified: s.handleNotification,
	}, cfg.Log); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s.rooms.cluster = s.cluster
	if s.bridge, err = newModerationBridge(ctx, &s.cfg, s.rooms, s.metrics.actions); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s.serveClients()
	s.ws = socket.NewHandler(s.node, socket.Config{
		AllowedOrigins: cfg.Origin, Address: cfg.Address, MaxMessage: maxFrame,
		Rate: float64(cfg.ConnectRate), PerAddress: cfg.PerAddress, Metrics: cfg.Metrics, Log: cfg.Log,
	})
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(s)
	}
	if s.cluster.Clustered() {
		s.start()
	}
	return s, nil
}

// serveClients makes what takes connections and what they send.
func (s *Service) serveClients() {
	taps := reaction.NewCounter(reaction.Config{Emotes: slices.Concat(s.cfg.Reactions, slices.Sorted(maps.Keys(s.cfg.Emotes)))})
	hub := &reactionHub{s.rooms, s.fanout, s.cluster}
	s.aggregator = reaction.NewAggregator(taps, s.stats, hub, hub, s.cfg.Log)
	s.writer = &writer{
		cfg: &s.cfg, node: s.node, cluster: s.cluster, moderator: s.bridge.moderator, bridge: s.bridge,
		stats: s.stats, aggregator: s.aggregator, metrics: s.metrics,
	}
	s.clients = &clients{
		cfg: &s.cfg, node: s.node, cluster: s.cluster, rooms: s.rooms, writer: s.writer, moderator: s.bridge.moderator, bridge: s.bridge,
		fanout: s.fanout, taps: taps, aggregator: s.aggregator, refusedTokens: rate.NewLimiter(refusedTokensRate, refusedTokensBurst),
	}
	s.node.OnConnecting(s.clients.onConnecting)
	s.node.OnConnect(s.clients.onConnect)
}

// start lets the node run. Without other processes that is left to the first client or
// room: a node that runs wakes the process every few seconds.
func (s *Service) start() {
	s.started.Do(func() {
		if err := s.node.Run(); err != nil { // never: neither of our brokers fails to register
			s.cfg.Log.Error("chat: the node does not run", "err", err)
		}
	})
}

// maxFrame bounds what a client sends at once, in bytes.
const maxFrame = 16 << 10

// Register adds the chat's routes.
func (s *Service) Register(mux *http.ServeMux) {
	mux.Handle("GET /connection/websocket", s.clients.withPeer(s.ws))
}

// Run keeps the rooms until ctx ends, and then lets the clients go.
func (s *Service) Run(ctx context.Context) error {
	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	var g errgroup.Group
	defer unlink()
	g.Go(func() error { return s.cluster.Run(linked) })
	g.Go(func() error { _ = s.aggregator.Run(ctx); return nil })
	g.Go(func() error { return s.bridge.moderator.Run(ctx) })
	g.Go(func() error { return s.bridge.applyChanges(ctx) })
	g.Go(func() error {
		defer unlink() // the clients go first
		s.rooms.run(ctx)
		return s.shutdown(context.WithoutCancel(ctx))
	})
	return g.Wait()
}

// handleNotification takes what another process sent.
func (s *Service) handleNotification(e centrifuge.NotificationEvent) {
	switch e.Op {
	case opTally:
		if err := s.aggregator.AddPartial(e.Data); err != nil {
			s.cfg.Log.Debug("chat: another process's reactions", "err", err)
		}
	case opDirect:
		var to directTo
		if json.Unmarshal(e.Data, &to) == nil {
			s.writer.deliver(to)
		}
	case opAsk:
		for _, change := range s.bridge.moderator.Dump() {
			s.cluster.Broadcast(opChange, change.Encode())
		}
	case opChange:
		change, err := moderation.DecodeChange(e.Data)
		if err != nil {
			s.cfg.Log.Error("chat: another process's change", "err", err)
			return
		}
		s.bridge.queueChange(change)
	}
}

// setIsolated is told whether the other processes can't be reached, or can again: then what
// is voted on there is asked for.
func (s *Service) setIsolated(apart bool) {
	s.isolated.Store(apart)
	s.stats.SetIsolated(apart)
	if !apart {
		s.cluster.Broadcast(opAsk, nil)
	}
}

// ForgetUser takes a person whose data was erased out of what the rooms remember.
func (s *Service) ForgetUser(ctx context.Context, user string) { s.bridge.forgetUser(ctx, user) }

// shutdownGrace bounds the end of the connections, after the window of cfg.Drain.
const shutdownGrace = 3 * time.Second

func (s *Service) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Drain+shutdownGrace)
	defer cancel()
	if err := s.ws.Drain(ctx, s.cfg.Drain); err != nil {
		s.cfg.Log.Warn("chat: clients were not all asked to move", "err", err)
	}
	defer func() { _ = s.fanout.Close(ctx) }()
	defer func() { _ = s.ws.Wait(ctx) }()
	if err := s.node.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("chat: %w", err)
	}
	return nil
}

func (s *Service) nodeConfig() centrifuge.Config {
	return centrifuge.Config{
		LogLevel: centrifuge.LogLevelWarn, LogHandler: s.log,
		ClientQueueMaxSize: 1 << 20, ClientChannelLimit: 8,
		ClientStaleCloseDelay: 15 * time.Second, HistoryMetaTTL: 24 * time.Hour,
		UseSingleFlight: true, RecoveryMaxPublicationLimit: historySize, HistoryMaxPublicationLimit: historySize,
		Metrics: centrifuge.MetricsConfig{MetricsNamespace: "lightstick_chat", RegistererGatherer: s.library},
	}
}

// log takes the library's lines.
func (s *Service) log(e centrifuge.LogEntry) {
	if e.Error != nil {
		s.cfg.Log.Warn("chat: "+e.Message, "err", e.Error)
		return
	}
	s.cfg.Log.Warn("chat: " + e.Message)
}
