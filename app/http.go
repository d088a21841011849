package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/http1"
	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/origin/playbackauth"
	"github.com/globalfandom/lightstick/web"
)

// Handler is everything that is served over HTTP.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	web.Register(mux, web.Origins{Media: s.quality.mediaOrigins(), Pictures: emoteOrigins(s.cfg.Chat.Emotes)}, shows{s})
	s.quality.register(mux)
	api := control.API{
		Store: s.control, Live: onAir{s.manager, s.origin}, Recordings: s.storage.library, Costs: s.costs, Logs: s.costs, Purges: s.purges, Playback: s.play.keys, Changed: s.play.change,
		Token: s.token.get, Attempts: s.access.attempts, URLs: func(reached string, id media.StreamID) control.URLs { return URLs(s.cfg, reached, id) }, Version: s.version, Log: s.log,
	}
	talk := s.rooms.api()
	api.More, api.Admit = talk.Register, talk.Admit
	if s.quality.director != nil {
		api.Steering = s.quality.director
	}
	if s.quality.collector != nil {
		api.Quality = s.quality.collector
	}
	api.Register(mux)
	s.rooms.Register(mux)
	observe(mux, s.cfg, s.ready, s.rooms.gatherer(s.metrics))
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET "+playbackauth.AuthorizePath, s.play.gate.Authorize)
	// What viewers ask for all the time does not go through the table of routes.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, origin.Prefix) || strings.HasPrefix(r.URL.Path, playbackauth.Prefix) {
			s.play.gate.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// home leads to a stream's page: the one on air, else the first.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	target := ""
	for _, stream := range s.manager.Streams() {
		target = string(stream.ID())
	}
	if streams, err := s.control.Streams(r.Context()); err == nil && target == "" && len(streams) > 0 {
		target = string(streams[0].ID)
	}
	if target == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, WatchPath(target), http.StatusFound)
}

// httpPorts are the opened ports for viewers, by address. They are opened before anything
// that takes time: who connects during a start waits for the answer instead of being
// refused, which players give up at sooner.
type httpPorts map[string]net.Listener

// The ports of http.domain.
const (
	domainPort   = ":443"
	redirectPort = ":80"
)

// openHTTP opens the ports. Errors say which setting to change.
func openHTTP(cfg *config.Config) (ports httpPorts, err error) {
	ports = make(httpPorts)
	defer func() {
		if err != nil {
			ports.close()
		}
	}()
	if cfg.HTTP.Listen != "" {
		if ports[cfg.HTTP.Listen], err = bind.Listen(cfg.HTTP.Listen); err != nil {
			delete(ports, cfg.HTTP.Listen)
			return ports, inUse("http.listen", err)
		}
	}
	if cfg.HTTP.Domain == "" {
		return ports, nil
	}
	for _, address := range []string{domainPort, redirectPort} {
		l, err := bind.Listen(address)
		if err != nil {
			return ports, inUse("http.domain", err)
		}
		ports[address] = l
	}
	return ports, nil
}

// close closes the ports, those that are served too.
func (p httpPorts) close() {
	for _, l := range p {
		_ = l.Close()
	}
}

// httpServers are the listeners for viewers: one, or with automatic certificates
// :443 for them and :80 for redirects and certificate challenges.
type httpServers struct {
	servers   []*http.Server
	listeners []net.Listener
	wires     []*http1.Server // of the listeners without TLS
	limits    *httpserver.Limits
	access    *access
	log       *slog.Logger
}

// maxHeaderBytes is more than the origin allows: its own refusal is one that players
// can read.
const maxHeaderBytes = 64 << 10

// How long a peer may take for a request's header, and stay silent between requests.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// serversFor makes the servers of the ports: h answers everything, and media, unless it is
// nil, what is below origin.Prefix, tokens in front or not, where there is no TLS.
func serversFor(ports httpPorts, cfg *config.Config, certs *certificates, access *access, h, media http.Handler, log *slog.Logger) (*httpServers, error) {
	s := &httpServers{log: log, access: access, limits: httpserver.NewLimits(httpserver.LimitsConfig{
		Max: maxConnections(cfg.HTTP.MaxConnections), PerIP: cfg.HTTP.MaxConnectionsPerIP, Trusted: access.proxies,
	})}
	h = access.gate.Handler(h)
	if media != nil {
		media = access.gate.Handler(media)
	}
	if cfg.HTTP.Listen != "" {
		var encrypted *tls.Config
		if certs.files != nil {
			encrypted = certs.config()
		}
		s.add(ports[cfg.HTTP.Listen], cfg.HTTP.ProxyProtocol, h, media, encrypted)
	}
	if cfg.HTTP.Domain == "" {
		return s, nil
	}
	// The library's configuration answers the authority's question by TLS, too (RFC 8737).
	s.add(ports[domainPort], false, h, nil, certs.magic.TLSConfig())
	redirect := toHTTPS(cfg.HTTP.Domain)
	challenge := redirect
	if issuer, ok := certs.magic.Issuers[0].(*certmagic.ACMEIssuer); ok {
		challenge = issuer.HTTPChallengeHandler(redirect)
	}
	s.add(ports[redirectPort], false, challenge, nil, nil)
	return s, certs.manage()
}

// add makes the server of a port.
func (s *httpServers) add(l net.Listener, proxied bool, h, media http.Handler, tlsConfig *tls.Config) {
	if proxied {
		l = s.limits.ListenProxied(l, s.log)
	} else {
		l = s.limits.Listen(l)
	}
	if tlsConfig == nil && media != nil {
		w := http1.Listen(l, http1.Config{
			Prefixes: []string{origin.Prefix, playbackauth.Prefix}, Handler: media, BaseContext: s.access.base,
			HeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, Log: s.log,
		})
		s.wires = append(s.wires, w)
		l = w
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	if tlsConfig != nil {
		h = http1.CloseAfterChunked(h)
		protocols.SetHTTP2(true)
		tlsConfig.NextProtos = append([]string{"h2", "http/1.1"}, tlsConfig.NextProtos...)
		l = tls.NewListener(l, tlsConfig)
	}
	s.listeners = append(s.listeners, l)
	s.servers = append(s.servers, &http.Server{
		Handler: h, Protocols: protocols, TLSConfig: tlsConfig, BaseContext: s.access.baseOf,
		// Writes have their deadlines from the listener: a held playlist outlives any
		// that begins with the request.
		ReadHeaderTimeout: headerTimeout, ReadTimeout: time.Minute, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ConnState: http1.ConnState, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	})
}

// serve answers requests until ctx ends or a listener fails; shutdown ends it.
func (s *httpServers) serve(ctx context.Context) error {
	failed := make(chan error, len(s.servers)+len(s.wires))
	for i, server := range s.servers {
		go func() { failed <- server.Serve(s.listeners[i]) }()
	}
	for _, w := range s.wires {
		go func() { failed <- w.Run() }()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("http: %w", err)
	}
}

// shutdown lets answers end for the given time.
func (s *httpServers) shutdown(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var g errgroup.Group
	for _, w := range s.wires {
		g.Go(func() error {
			if err := w.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
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
