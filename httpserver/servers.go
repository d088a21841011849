package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/httpserver/http1"
)

// ServersConfig is what all ports of a [Servers] have in common.
type ServersConfig struct {
	Limits        *Limits
	Proxies       *Proxies // trusted to say for whom they ask; nil: none
	MediaPrefixes []string // paths that Port.Media answers
	Log           *slog.Logger
}

// Port is a listener, and what answers there.
type Port struct {
	Listener net.Listener
	Proxied  bool         // connections of trusted proxies begin with a PROXY header
	Handler  http.Handler // answers everything that Media does not
	Media    http.Handler // answers MediaPrefixes where there is no TLS; nil: Handler does
	TLS      *tls.Config  // nil: none
}

// Servers answer requests on several ports.
type Servers struct {
	cfg       ServersConfig
	servers   []*http.Server
	listeners []net.Listener
	media     []*http1.Server // of the ports without TLS
}

// maxHeaderBytes is more than the origin allows: its own refusal is one that players
// can read.
const maxHeaderBytes = 64 << 10

// How long a peer may take for a request's header, and stay silent between requests.
const (
	HeaderTimeout = 10 * time.Second
	IdleTimeout   = 2 * time.Minute
)

// NewServers makes a Servers without ports.
func NewServers(cfg ServersConfig) *Servers { return &Servers{cfg: cfg} }

// Add adds a port. Serve must not run yet.
func (s *Servers) Add(p Port) {
	base := func() context.Context { return WithProxies(context.Background(), s.cfg.Proxies) }
	var l net.Listener
	if p.Proxied {
		l = s.cfg.Limits.ListenProxied(p.Listener, s.cfg.Log)
	} else {
		l = s.cfg.Limits.Listen(p.Listener)
	}
	if p.TLS == nil && p.Media != nil {
		media := http1.Listen(l, http1.Config{
			Prefixes: s.cfg.MediaPrefixes, Handler: p.Media, BaseContext: base,
			HeaderTimeout: HeaderTimeout, IdleTimeout: IdleTimeout, Log: s.cfg.Log,
		})
		s.media = append(s.media, media)
		l = media
	}
	h := p.Handler
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	if p.TLS != nil {
		h = http1.CloseAfterChunked(h)
		protocols.SetHTTP2(true)
		p.TLS.NextProtos = append([]string{"h2", "http/1.1"}, p.TLS.NextProtos...)
		l = tls.NewListener(l, p.TLS)
	}
	s.listeners = append(s.listeners, l)
	s.servers = append(s.servers, &http.Server{
		Handler: h, Protocols: protocols, TLSConfig: p.TLS, BaseContext: func(net.Listener) context.Context { return base() },
		// Writes have their deadlines from the listener: a held playlist outlives any
		// that begins with the request.
		ReadHeaderTimeout: HeaderTimeout, ReadTimeout: time.Minute, IdleTimeout: IdleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ConnState: http1.ConnState, ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	})
}

// Addr is the address of a port, in the order in which they were added.
func (s *Servers) Addr(i int) net.Addr { return s.listeners[i].Addr() }

// Serve answers requests until ctx ends or a listener fails; Shutdown ends it.
func (s *Servers) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.servers)+len(s.media))
	for i, server := range s.servers {
		go func() { failed <- server.Serve(s.listeners[i]) }()
	}
	for _, m := range s.media {
		go func() { failed <- m.Run() }()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("http: %w", err)
	}
}

// Shutdown lets answers end for the given time, and then closes their connections.
func (s *Servers) Shutdown(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var g errgroup.Group
	for _, m := range s.media {
		g.Go(func() error {
			if err := m.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		})
	}
	for _, server := range s.servers {
		g.Go(func() error {
			if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
				return server.Close()
			}
			return nil
		})
	}
	return g.Wait()
}
