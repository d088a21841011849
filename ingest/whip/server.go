package whip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"golang.org/x/net/netutil"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/ratelimit"
	"github.com/globalfandom/lightstick/internal/repeatlog"
)

// Server takes in WebRTC publishers.
type Server struct {
	cfg     Config
	gate    ingest.Gate
	log     *slog.Logger
	lines   repeatlog.Lines
	offers  *ratelimit.Limiter
	port    *port
	certs   []webrtc.Certificate
	counted counters

	mu       sync.Mutex
	sessions map[string]*session // by their secret ID
	opening  int                 // sessions that are being made
	ending   error               // why nobody is taken any more; nil: somebody is
	running  sync.WaitGroup      // goroutines of sessions; grows under mu, while ending is nil
}

// Listen opens the port for media. Errors name it.
func Listen(cfg Config, gate ingest.Gate, log *slog.Logger) (*Server, error) {
	cfg = cfg.withDefaults()
	certificate, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("webrtc: certificate: %w", err)
	}
	p, err := openPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("webrtc: %w", err)
	}
	return &Server{
		cfg: cfg, gate: gate, log: log.With("protocol", "webrtc"), port: p, certs: []webrtc.Certificate{certificate},
		offers:   newOffers(),
		sessions: make(map[string]*session),
	}, nil
}

func newOffers() *ratelimit.Limiter {
	return ratelimit.New(ratelimit.Config{Address: ratelimit.Rate{Burst: offerBurst, Per: offerPeriod}, Max: maxSourcesTracked})
}

// Addr is the address of the port for media.
func (s *Server) Addr() net.Addr { return s.port.udp.LocalAddr() }

// Run serves until ctx is cancelled. When it returns, all sessions have ended and the port is
// closed.
func (s *Server) Run(ctx context.Context) error {
	defer s.lines.Close()
	defer s.port.close()
	<-ctx.Done()
	s.mu.Lock()
	s.ending = ingest.ErrShuttingDown
	for _, p := range s.sessions {
		p.end(ingest.ErrShuttingDown)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// admit says whether one more offer of a peer may be looked at.
func (s *Server) admit(remote string) error {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return fmt.Errorf("address of the peer: %w", err)
	}
	if _, ok := s.offers.Take(time.Now(), ratelimit.Who{Address: peer.Addr()}); !ok {
		return errRate
	}
	return nil
}

// reserve keeps room for a session that is being made; release gives it back.
func (s *Server) reserve() (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ending != nil:
		return nil, s.ending
	case len(s.sessions)+s.opening >= maxSessions:
		return nil, errFull
	}
	s.opening++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		s.opening--
		s.mu.Unlock()
	}), nil
}

// start runs a session in a goroutine of its own. It reports an error if the server ends.
func (s *Server) start(p *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil {
		return s.ending
	}
	s.sessions[p.id] = p
	s.running.Go(func() {
		p.run()
		s.mu.Lock()
		delete(s.sessions, p.id)
		s.mu.Unlock()
	})
	return nil
}

// find is the session of an ID; nil: there is none, or it ends.
func (s *Server) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.sessions[id]; p != nil && p.ctx.Err() == nil {
		return p
	}
	return nil
}

func (s *Server) refused(remote string, err error) {
	s.lines.Log(s.log, slog.LevelInfo, repeatlog.About(remote, err), "publisher refused", "remote", remote, "err", err)
}

// port is the one port for media of all sessions.
type port struct {
	udp *net.UDPConn
	tcp net.Listener
	muxes
}

// openPort opens UDP and TCP on one port. Port 0 is any that is free in both.
func openPort(address string) (*port, error) {
	where, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	const attempts = 10 // the TCP port of a UDP port that the system chose may be taken
	for i := 0; ; i++ {
		udp, err := net.ListenUDP("udp", where)
		if err != nil {
			return nil, err
		}
		tcp, err := net.Listen("tcp", net.JoinHostPort(hostOf(address), fmt.Sprint(udp.LocalAddr().(*net.UDPAddr).Port)))
		if err == nil {
			p := &port{udp: udp, tcp: netutil.LimitListener(tcp, maxConnections)}
			p.muxes = newMuxes(p.udp, p.tcp)
			return p, nil
		}
		err = errors.Join(err, udp.Close())
		if where.Port != 0 || i == attempts {
			return nil, err
		}
	}
}

func hostOf(address string) string {
	host, _, _ := net.SplitHostPort(address)
	return host
}

// close ends the goroutines of the port.
func (p *port) close() {
	_ = p.muxes.udpMux.Close()
	_ = p.muxes.tcpMux.Close()
	_ = p.udp.Close()
	_ = p.tcp.Close()
}
