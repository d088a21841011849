package srt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	srt "github.com/datarhei/gosrt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/mpegts"
	"github.com/globalfandom/lightstick/internal/ratelimit"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
)

// Bounds of what unknown callers may cost.
const (
	maxConnections    = 256
	callBurst         = 20 // at once from one network, and as many more in callPeriod
	callPeriod        = 2 * time.Second
	maxSourcesTracked = 4096
)

func newCallers() *ratelimit.Limiter {
	return ratelimit.New(ratelimit.Config{Address: ratelimit.Rate{Burst: callBurst, Per: callPeriod}, Max: maxSourcesTracked})
}

// Server takes in SRT publishers.
type Server struct {
	cfg      Config
	gate     ingest.Gate
	log      *slog.Logger
	listener srt.Listener
	lines    repeatlog.Lines
	callers  *ratelimit.Limiter

	mu          sync.Mutex
	connections map[*connection]struct{}
}

// Listen opens the port. Errors name it.
func Listen(cfg Config, gate ingest.Gate, log *slog.Logger) (*Server, error) {
	if cfg.Latency == 0 {
		cfg.Latency = setting.Default[Config]().Latency
	}
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = 5 * time.Second
	}
	c := srt.DefaultConfig()
	c.ReceiverLatency, c.PeerLatency = cfg.Latency, cfg.Latency
	c.PeerIdleTimeout = cfg.IdleTimeout
	address, err := probe(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("srt: %w", err)
	}
	s := &Server{
		cfg: cfg, gate: gate, log: log.With("protocol", "srt"),
		connections: make(map[*connection]struct{}), callers: newCallers(),
	}
	c.Logger = libraryLog{func(err error) { s.refused("", err) }}
	if s.listener, err = srt.Listen("srt", address, c); err != nil {
		return nil, fmt.Errorf("srt: %w", err)
	}
	return s, nil
}

// Addr is the address listened on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx is cancelled. When it returns, all connections have ended.
func (s *Server) Run(ctx context.Context) error {
	defer s.lines.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer context.AfterFunc(ctx, s.listener.Close)()
	for {
		request, err := s.accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, srt.ErrListenerClosed):
			return fmt.Errorf("srt: %w", err)
		case err != nil:
			s.log.Debug("malformed call", "err", err)
			continue
		case request == nil:
			continue
		}
		if err := s.allowed(request.RemoteAddr()); err != nil {
			request.Reject(srt.REJX_OVERLOAD)
			s.refused(request.RemoteAddr().String(), err)
			continue
		}
		wg.Go(func() { s.serveCall(ctx, request) })
	}
}

// accept shields against the library's parser, which panics on some malformed
// handshakes.
func (s *Server) accept() (request srt.ConnRequest, err error) {
	defer func() {
		if r := recover(); r != nil {
			request, err = nil, fmt.Errorf("handshake: %v", r)
		}
	}()
	return s.listener.Accept2()
}

type connection struct {
	stream media.StreamID
	remote string
	conn   srt.Conn
	// program is the one to take of the transport stream; 0: any.
	program uint16
}

// serveCall authorises one call and runs the connection to its end.
func (s *Server) serveCall(ctx context.Context, request srt.ConnRequest) {
	remote := request.RemoteAddr().String()
	log := s.log.With("remote", remote)
	defer func() {
		if r := recover(); r != nil {
			log.Error("connection failed", "err", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	kick := &kicker{}
	sink, program, err := s.open(ctx, request, kick)
	if err != nil {
		request.Reject(rejection(err))
		s.refused(remote, err)
		return
	}
	conn, err := request.Accept()
	if err != nil {
		sink.Close(err)
		return
	}
	defer conn.Close()
	kick.arm(conn)
	defer context.AfterFunc(ctx, func() { kick.kick(ingest.ErrShuttingDown) })()
	s.publish(sink, &connection{stream: sink.Stream(), remote: remote, conn: conn, program: program}, kick)
}

// open checks passphrase and stream key. It returns the program that is asked for, too.
func (s *Server) open(ctx context.Context, request srt.ConnRequest, kick *kicker) (ingest.Sink, uint16, error) {
	if err := s.unlock(request); err != nil {
		return nil, 0, err
	}
	asked, err := parseStreamID(request.StreamId())
	if err != nil {
		return nil, 0, err
	}
	sink, err := s.gate.Open(ctx, ingest.Request{
		Protocol: "srt", Remote: request.RemoteAddr().String(), Key: asked.key, Kick: kick.kick, Lost: kick.lost, Received: kick.received, Link: kick.link,
	})
	return sink, asked.program, err
}

var (
	errPassphraseMissing = errors.New("a passphrase is required: set it in the publisher")
	errPassphraseWrong   = errors.New("wrong passphrase: set that of srt.passphrase in the publisher")
	errPassphraseUnknown = errors.New("the publisher encrypts, but the server has no srt.passphrase: take the passphrase out of the publisher")
)

func (s *Server) unlock(request srt.ConnRequest) error {
	switch {
	case s.cfg.Passphrase == "" && request.IsEncrypted():
		return errPassphraseUnknown
	case s.cfg.Passphrase == "":
		return nil
	case !request.IsEncrypted():
		return errPassphraseMissing
	}
	end := func(bool) {}
	if s.cfg.Attempt != nil {
		var err error
		if end, err = s.cfg.Attempt(request.RemoteAddr().String()); err != nil {
			return err
		}
	}
	err := request.SetPassphrase(string(s.cfg.Passphrase))
	end(err == nil)
	if err != nil {
		return errPassphraseWrong
	}
	return nil
}

// rejection translates an error to the code that the caller is given.
func rejection(err error) srt.RejectionReason {
	switch {
	case errors.Is(err, errPassphraseWrong):
		return srt.REJ_BADSECRET
	case errors.Is(err, errPassphraseMissing), errors.Is(err, errPassphraseUnknown):
		return srt.REJ_UNSECURE
	case errors.Is(err, ErrStreamID):
		return srt.REJX_BAD_REQUEST
	case errors.Is(err, ingest.ErrBusy):
		return srt.REJX_CONFLICT
	case errors.Is(err, ingest.ErrTooManyAttempts):
		return srt.REJX_OVERLOAD
	case errors.Is(err, ingest.ErrUnauthorized):
		return srt.REJX_UNAUTHORIZED
	}
	return srt.REJX_FORBIDDEN
}

// publish feeds the session until the connection ends.
func (s *Server) publish(sink ingest.Sink, c *connection, kick *kicker) {
	session := ingest.NewSession(sink, mpegts.Scale, mpegts.WrapBits)
	s.mu.Lock()
	s.connections[c] = struct{}{}
	s.mu.Unlock()
	err := errors.New("demuxer failed")
	defer func() {
		s.mu.Lock()
		delete(s.connections, c)
		s.mu.Unlock()
		if reason := kick.reason(); reason != nil {
			err = reason
		}
		session.Close(err)
		loss := linkOf(c.conn)
		s.lines.Log(s.log, slog.LevelInfo, repeatlog.About(c.remote, nil)+" "+string(c.stream), "srt connection ended", "stream", c.stream, "remote", c.remote,
			"packets", loss.Received, "lost", loss.Missing, "retransmitted", loss.Retransmitted, "dropped", loss.Dropped)
	}()
	timed := &timedReader{reader: c.conn, last: time.Now()}
	// gosrt reports the same end of input for the peer's shutdown packet and for its own
	// idle timeout. The timeout is over no sooner than this after the last data.
	if err = mpegts.Demux(timed, session, mpegts.Config{Program: c.program}); err == nil && time.Since(timed.last) >= (s.cfg.IdleTimeout-s.cfg.Latency)/2 {
		err = ingest.Lost(os.ErrDeadlineExceeded, s.cfg.IdleTimeout)
	}
}

// timedReader notes when data came last.
type timedReader struct {
	reader io.Reader
	last   time.Time
}

func (r *timedReader) Read(b []byte) (int, error) {
	n, err := r.reader.Read(b)
	if n > 0 {
		r.last = time.Now()
	}
	return n, err
}

// kicker ends a connection from elsewhere, also before it exists.
type kicker struct {
	mu    sync.Mutex
	conn  srt.Conn
	cause error
}

func (k *kicker) arm(conn srt.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conn = conn
	if k.cause != nil {
		_ = conn.Close()
	}
}

func (k *kicker) kick(reason error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cause == nil {
		k.cause = reason
	}
	if k.conn != nil {
		_ = k.conn.Close()
	}
}

// lost counts the packets that did not come in time.
func (k *kicker) lost() uint64 { return k.stats().Dropped }

// received counts the packets that have come. They wait for the latency, which the caller
// may have set to many seconds, until they are read.
func (k *kicker) received() uint64 { return k.stats().Received }

// link is how packets come.
func (k *kicker) link() ingest.Link { return k.stats() }

func (k *kicker) stats() ingest.Link {
	k.mu.Lock()
	conn := k.conn
	k.mu.Unlock()
	if conn == nil {
		return ingest.Link{}
	}
	return linkOf(conn)
}

func (k *kicker) reason() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cause
}
