package chat

import (
	"context"
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
)

// Config of the chat. What is nil is not there.
type Config struct {
	// Guests says what those without a token may do.
	Guests Guests
	// Exists tells whether there is a stream of that name.
	Exists func(room string) bool
	// Enter tells whether somebody with a playback ticket, maybe "", may be in a room; nil:
	// everybody may. Who moderates, or has a token that names the room, is not asked.
	Enter func(room, ticket string, address netip.Addr) error
	// Redis has the addresses of what several processes share, as package redis reads
	// them; "": this process is alone.
	Redis string
	// Address is a client's, past the proxies that are trusted.
	Address func(*http.Request) netip.Addr
	// Origin tells whether pages of the request's origin may connect.
	Origin func(*http.Request) bool
	// Emotes are the rooms' own, by name: URLs of pictures.
	Emotes map[string]string
	// Reactions may be tapped besides colours, emotes and the heart.
	Reactions []string
	// SampleAbove is how many messages a second everybody is sent; 0: all.
	SampleAbove int
	// ConnectRate is how many connections a second are let in; 0: all. PerAddress is how
	// many one address may have at once; 0: any number. Drain is the window over which
	// clients are asked to move at the end.
	ConnectRate, PerAddress int
	Drain                   time.Duration

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
	moderator  *moderation.Moderator
	shared     *cluster.Shared
	changes    chan []byte // of other processes, for the Moderator
	rooms      rooms
	metrics    *metrics
	library    *prometheus.Registry // of centrifuge
	isolated   atomic.Bool
	fanout     *socket.Fanout
	ws         *socket.Handler
	taps       *reaction.Counter
	stats      *reaction.RoomStats
	aggregator *reaction.Aggregator
	// refusedTokens bounds what anybody can write to the log.
	refusedTokens *rate.Limiter
}

// How many refused tokens are logged: in a second, for long, and at once.
const (
	refusedTokensRate  = 1
	refusedTokensBurst = 10
)

var noAddress netip.Addr

// New makes the service; Run runs it.
func New(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{
		cfg: cfg, refusedTokens: rate.NewLimiter(refusedTokensRate, refusedTokensBurst), changes: make(chan []byte, maxChanges),
		metrics: newMetrics(), library: prometheus.NewRegistry(), rooms: newRooms(), fanout: socket.NewFanout(), stats: reaction.NewRoomStats(cfg.SampleAbove),
		taps: reaction.NewCounter(reaction.Config{Emotes: slices.Concat(cfg.Reactions, slices.Sorted(maps.Keys(cfg.Emotes)))}),
	}
	s.aggregator = reaction.NewAggregator(s.taps, s.stats, reactionHub{s}, reactionHub{s}, cfg.Log)
	node, err := centrifuge.New(s.nodeConfig())
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s.node = node
	if s.cluster, err = cluster.Open(node, cfg.Redis, cluster.Handlers{
		Observe: s.observe, Deliver: s.fanout.Publish, FilterHistory: s.filterHistory, LinkChanged: s.setIsolated, Notified: s.handleNotification,
	}, cfg.Log); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	if err := s.openModerator(ctx); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	node.OnConnecting(s.onConnecting)
	node.OnConnect(s.onConnect)
	s.ws = socket.NewHandler(node, socket.Config{
		AllowedOrigins: cfg.Origin, Address: cfg.Address, MaxMessage: maxFrame,
		Rate: float64(cfg.ConnectRate), PerAddress: cfg.PerAddress, Log: cfg.Log,
	})
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(s.ws, s)
	}
	if s.cluster.Clustered() {
		s.start()
	}
	return s, nil
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
	mux.Handle("GET /connection/websocket", s.withPeer(s.ws))
}

// Run keeps the rooms until ctx ends, and then lets the clients go.
func (s *Service) Run(ctx context.Context) error {
	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	var g errgroup.Group
	defer unlink()
	g.Go(func() error { return s.cluster.Run(linked) })
	g.Go(func() error { _ = s.aggregator.Run(ctx); return nil })
	g.Go(func() error { return s.moderator.Run(ctx) })
	g.Go(func() error { return s.applyChanges(ctx) })
	g.Go(func() error {
		defer unlink() // the clients go first
		return s.maintainRooms(ctx)
	})
	return g.Wait()
}

// maintainRooms opens and closes rooms as they are needed until ctx ends.
func (s *Service) maintainRooms(ctx context.Context) error {
	defer s.rooms.sweeps.Stop()
	var follow <-chan time.Time
	if s.replaysRooms() {
		tick := time.NewTicker(replayedRoomsEvery)
		defer tick.Stop()
		follow = tick.C
	}
	for {
		select {
		case <-ctx.Done():
			return s.shutdown(context.WithoutCancel(ctx))
		case <-follow:
			s.openReplayedRooms()
		case now := <-s.rooms.sweeps.C:
			s.rooms.sweeps.Do(func() bool { return s.sweep(now) })
		}
	}
}

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
