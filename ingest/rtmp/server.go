package rtmp

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/internal/retry"
)

// Config of a server.
type Config struct {
	// Listen is the TCP address, e.g. ":1935".
	Listen string
	// TLS makes it RTMPS; nil is plain RTMP.
	TLS *tls.Config
	// IdleTimeout ends a publication whose publisher sends nothing and answers no ping. 0 is
	// a minute.
	IdleTimeout time.Duration
}

// maxConnections bounds the connections at one time, publishing or not.
const maxConnections = 1024

// Server takes in RTMP publishers.
type Server struct {
	cfg      Config
	gate     ingest.Gate
	log      *slog.Logger
	listener net.Listener
	lines    repeatlog.Lines
}

// Listen opens the port. Errors name it.
func Listen(cfg Config, gate ingest.Gate, log *slog.Logger) (*Server, error) {
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = time.Minute
	}
	l, err := bind.Listen(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("rtmp: %w", err)
	}
	if cfg.TLS != nil {
		l = tls.NewListener(l, cfg.TLS)
	}
	return &Server{cfg: cfg, gate: gate, log: log.With("protocol", "rtmp"), listener: l}, nil
}

// Addr is the address listened on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx is cancelled. When it returns, all connections have ended.
func (s *Server) Run(ctx context.Context) error {
	defer s.lines.Close()
	defer context.AfterFunc(ctx, func() { _ = s.listener.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, maxConnections)
	for {
		conn, err := s.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			// Out of file descriptors, mostly: give the others time to end.
			s.lines.Log(s.log, slog.LevelWarn, repeatlog.About("", err), "accept", "err", err)
			if !retry.Sleep(ctx, 100*time.Millisecond) {
				return nil
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			remote := conn.RemoteAddr().String()
			s.lines.Log(s.log, slog.LevelWarn, repeatlog.About(remote, nil), "too many connections", "remote", remote, "limit", maxConnections)
			_ = conn.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			s.serveConn(ctx, conn)
		})
	}
}

// serveConn runs one connection; a fault in it ends nothing else.
func (s *Server) serveConn(ctx context.Context, conn net.Conn) {
	c := &connection{gate: s.gate, conn: conn, idle: s.cfg.IdleTimeout, begun: time.Now(), remote: conn.RemoteAddr().String()}
	boundAcknowledgement(conn, unacknowledged)
	log := s.log.With("remote", c.remote)
	defer context.AfterFunc(ctx, func() { c.stop(ingest.ErrShuttingDown) })()
	defer conn.Close()
	defer func() {
		if r := recover(); r != nil {
			log.Error("connection failed", "err", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	err := c.run(ctx)
	if c.session == nil && err != nil { // of a publication that went on, the stream logs it
		s.lines.Log(log, slog.LevelInfo, repeatlog.About(c.remote, err), "publisher refused", "err", describe(err))
	}
}
