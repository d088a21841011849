package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
	"golang.org/x/net/netutil"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/media"
)

// Config of a server.
type Config struct {
	// Listen is the TCP address, e.g. ":8554".
	Listen string
	// UDPPort is the even port for RTP over UDP, RTCP being the next one; 0 leaves
	// UDP off.
	UDPPort int
	// TLS makes it RTSPS, over TCP only; nil is plain RTSP.
	TLS *tls.Config
	// IdleTimeout ends a publication that sends nothing. 0 is 10 s.
	IdleTimeout time.Duration
}

// Server takes in RTSP publishers.
type Server struct {
	gate   ingest.Gate
	log    *slog.Logger
	server *gortsplib.Server
	addr   net.Addr
	lines  repeatlog.Lines

	mu         sync.Mutex
	publishers map[*gortsplib.ServerSession]*publisher
	setups     map[*gortsplib.ServerConn]*time.Timer
	ctx        context.Context // of Run; nil before it
}

type publisher struct {
	conn     *gortsplib.ServerConn // that announced
	receiver *receiver
	lost     atomic.Uint64 // packets
	reason   error         // why we ended it; nil: the peer did

	// Of its end: which of the two is told first is left to chance.
	connClosed, sessionClosed bool
	connFault                 error
}

const (
	// maxConnections bounds the connections at one time, publishing or not.
	maxConnections = 256
	// setupTimeout bounds the time from connecting to RECORD: the library sets no
	// deadline before it.
	setupTimeout = 10 * time.Second
)

// OnConnOpen gives a connection a bounded time to publish.
func (s *Server) OnConnOpen(ctx *gortsplib.ServerHandlerOnConnOpenCtx) {
	timer := time.AfterFunc(setupTimeout, func() {
		s.refused(ctx.Conn.NetConn().RemoteAddr().String(), errSilent)
		ctx.Conn.Close()
	})
	s.mu.Lock()
	s.setups[ctx.Conn] = timer
	s.mu.Unlock()
}

// stopPublishTimer stops the timer of a connection that publishes, or is gone.
func (s *Server) stopPublishTimer(c *gortsplib.ServerConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if timer := s.setups[c]; timer != nil {
		timer.Stop()
		delete(s.setups, c)
	}
}

// Listen opens the ports. Errors name them.
func Listen(cfg Config, gate ingest.Gate, log *slog.Logger) (*Server, error) {
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = 10 * time.Second
	}
	s := &Server{
		gate: gate, log: log.With("protocol", "rtsp"),
		publishers: make(map[*gortsplib.ServerSession]*publisher),
		setups:     make(map[*gortsplib.ServerConn]*time.Timer),
	}
	s.server = &gortsplib.Server{
		Handler: s, RTSPAddress: cfg.Listen, TLSConfig: cfg.TLS,
		ReadTimeout: cfg.IdleTimeout, WriteTimeout: 5 * time.Second,
		Listen: func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err != nil {
				return nil, err
			}
			s.addr = l.Addr()
			return netutil.LimitListener(l, maxConnections), nil
		},
	}
	if cfg.UDPPort != 0 && cfg.TLS == nil {
		host, _, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("rtsp: %w", err)
		}
		s.server.UDPRTPAddress = net.JoinHostPort(host, strconv.Itoa(cfg.UDPPort))
		s.server.UDPRTCPAddress = net.JoinHostPort(host, strconv.Itoa(cfg.UDPPort+1))
	}
	if err := s.server.Start(); err != nil {
		return nil, fmt.Errorf("rtsp: %w", err)
	}
	return s, nil
}

// Addr is the address listened on.
func (s *Server) Addr() net.Addr { return s.addr }

// Run serves until ctx is cancelled. When it returns, all connections have ended.
func (s *Server) Run(ctx context.Context) error {
	defer s.lines.Close()
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		for _, p := range s.publishers {
			p.reason = ingest.ErrShuttingDown
		}
		s.mu.Unlock()
		s.server.Close()
	})()
	err := s.server.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("rtsp: %w", err)
}

func (s *Server) context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		return context.Background()
	}
	return s.ctx
}

// OnDescribe refuses players.
func (s *Server) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusNotFound}, nil,
		errors.New("this server takes publishers only; streams are watched by HLS")
}

// OnAnnounce authorises a publisher.
func (s *Server) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	remote := ctx.Conn.NetConn().RemoteAddr().String()
	response, err := s.announce(ctx, remote)
	if err != nil {
		s.refused(remote, err)
	}
	return response, err
}

// errSilent reports a connection that was opened for nothing.
var errSilent = fmt.Errorf("nothing was published within %v", setupTimeout)

func (s *Server) refused(remote string, err error) {
	s.lines.Log(s.log, slog.LevelInfo, repeatlog.About(remote, err), "publisher refused", "remote", remote, "err", err)
}

func (s *Server) announce(ctx *gortsplib.ServerHandlerOnAnnounceCtx, remote string) (*base.Response, error) {
	session := ctx.Session
	p := &publisher{conn: ctx.Conn}
	sink, err := s.gate.Open(s.context(), ingest.Request{
		Protocol: "rtsp", Remote: remote, Key: streamKey(ctx.Path),
		Kick: func(reason error) { s.end(session, reason) }, Lost: p.lost.Load,
	})
	if err != nil {
		return &base.Response{StatusCode: refusal(err)}, err
	}
	// Codecs are looked at after the key, so that the stream's creator is told of them.
	if _, _, err := choose(ctx.Description); err != nil {
		sink.Close(err)
		return &base.Response{StatusCode: base.StatusUnsupportedMediaType}, err
	}
	p.receiver = newReceiver(
		ingest.NewSession(sink, media.VideoTimescale, 0),
		func(err error) { s.end(session, err) },
	)
	s.mu.Lock()
	s.publishers[session] = p
	s.mu.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func refusal(err error) base.StatusCode {
	if errors.Is(err, ingest.ErrUnauthorized) {
		return base.StatusForbidden
	}
	return base.StatusServiceUnavailable
}

// streamKey is the path without the leading live/.
func streamKey(path string) string {
	return strings.TrimPrefix(strings.Trim(path, "/"), "live/")
}

// end closes a session for a reason of ours, without waiting for it.
func (s *Server) end(session *gortsplib.ServerSession, reason error) {
	s.mu.Lock()
	if p := s.publishers[session]; p != nil && p.reason == nil {
		p.reason = reason
	}
	s.mu.Unlock()
	session.Close()
}

// OnSetup lets an announced publisher go on; players never get here.
func (s *Server) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() != gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, nil, nil
}

// OnRecord begins to take packets.
func (s *Server) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	s.mu.Lock()
	p := s.publishers[ctx.Session]
	s.mu.Unlock()
	if p == nil {
		return &base.Response{StatusCode: base.StatusBadRequest}, errors.New("RECORD without ANNOUNCE")
	}
	if err := p.receiver.subscribe(serverPeer{ctx.Session}, ctx.Session.AnnouncedDescription()); err != nil {
		return &base.Response{StatusCode: base.StatusUnsupportedMediaType}, err
	}
	s.stopPublishTimer(ctx.Conn)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// serverPeer fits a server session to the peer interface.
type serverPeer struct{ *gortsplib.ServerSession }

func (p serverPeer) OnPacketRTP(m *description.Media, f format.Format, cb func(*rtp.Packet)) {
	p.ServerSession.OnPacketRTP(m, f, cb)
}

// OnPacketsLost counts them.
func (s *Server) OnPacketsLost(ctx *gortsplib.ServerHandlerOnPacketsLostCtx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.publishers[ctx.Session]; p != nil {
		p.lost.Add(ctx.Lost)
	}
}

// OnDecodeError keeps the library from printing what it calls this for.
func (s *Server) OnDecodeError(ctx *gortsplib.ServerHandlerOnDecodeErrorCtx) {
	s.log.Debug("packet can't be read", "err", ctx.Error)
}
