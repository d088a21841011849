package http1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// Config of a server.
type Config struct {
	// Prefixes are what the paths begin with that Handler answers for.
	Prefixes []string
	Handler  http.Handler
	// BaseContext is what requests' contexts descend from; nil: context.Background.
	BaseContext func() context.Context
	// HeaderTimeout is how long a request's header may take to arrive, and IdleTimeout
	// how long the next request may be waited for.
	HeaderTimeout, IdleTimeout time.Duration
	Log                        *slog.Logger
}

// Server accepts connections and answers what it understands. Others come out of it:
// it is the net.Listener of an http.Server.
type Server struct {
	cfg   Config
	inner net.Listener
	out   chan net.Conn // those for net/http
	done  chan struct{} // closed by Close

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	wg     sync.WaitGroup
}

// Listen makes a server of the connections that a listener accepts; Run must be called.
func Listen(inner net.Listener, cfg Config) *Server {
	return &Server{
		cfg: cfg, inner: inner, out: make(chan net.Conn), done: make(chan struct{}), conns: make(map[*conn]struct{}),
	}
}

func (s *Server) base() context.Context {
	if s.cfg.BaseContext == nil {
		return context.Background()
	}
	return s.cfg.BaseContext()
}

// Run accepts connections until Close, or until accepting fails for good.
func (s *Server) Run() error {
	for delay := time.Duration(0); ; {
		c, err := s.inner.Accept()
		switch {
		case err == nil:
			delay = 0
			s.begin(c)
			continue
		case errors.Is(err, net.ErrClosed):
			return net.ErrClosed
		}
		// Too many open files, most likely: others close in a moment.
		delay = min(max(2*delay, 5*time.Millisecond), time.Second)
		s.cfg.Log.Error("accepting connections", "err", err, "retry", delay)
		select {
		case <-time.After(delay):
		case <-s.done:
			return net.ErrClosed
		}
	}
}

// begin serves a connection in a goroutine of its own, which Shutdown waits for.
func (s *Server) begin(c net.Conn) {
	served := newConn(s, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close()
		return
	}
	s.conns[served] = struct{}{}
	s.wg.Go(func() {
		unusual := served.serve()
		s.mu.Lock()
		delete(s.conns, served)
		s.mu.Unlock()
		if unusual {
			s.handOver(served.handedOver())
		} else {
			_ = c.Close()
		}
	})
}

// handOver gives a connection to whoever accepts from us.
func (s *Server) handOver(c net.Conn) {
	select {
	case s.out <- c:
	case <-s.done:
		_ = c.Close()
	}
}

// Accept implements net.Listener: it gives the connections that are not for us.
func (s *Server) Accept() (net.Conn, error) {
	select {
	case c := <-s.out:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (s *Server) Addr() net.Addr { return s.inner.Addr() }

// Close stops accepting; connections go on until they are idle.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	for c := range s.conns {
		c.wake()
	}
	return s.inner.Close()
}

// Shutdown closes the server and waits until every request is answered, or ctx ends:
// then it cuts the connections off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.Close()
	ended := make(chan struct{})
	go func() { // ends with the connections
		defer close(ended)
		s.wg.Wait()
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.conns {
		_ = c.net.Close()
	}
	s.mu.Unlock()
	return ctx.Err()
}

func (s *Server) closing() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// handle answers a request; a handler that panics costs its connection only.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		if reason := recover(); reason != nil {
			ok = false
			s.cfg.Log.Error("request failed", "remote", r.RemoteAddr, "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	s.cfg.Handler.ServeHTTP(w, r)
	return true
}
