package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/certificates"
	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/origin/playbackauth"
	"github.com/globalfandom/lightstick/web"
)

// Handler is everything that is served over HTTP.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	web.Register(mux, web.Origins{Media: s.quality.mediaOrigins(), Pictures: web.PictureOrigins(s.cfg.Chat.Rooms.Emotes)}, shows{s})
	s.quality.register(mux)
	api := control.API{
		Store: s.control, Live: onAir{s.manager, s.origin, s.pulls}, Recordings: s.storage.library, Costs: s.costs, Logs: s.costs, Purges: s.purges, Playback: s.play.keys, Changed: s.play.Changed,
		Token: s.token.Get, Attempts: s.access.attempts, URLs: Addresses(s.cfg).URLs, Version: s.version, Log: s.log,
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
	if s.whip != nil {
		s.whip.Register(mux)
	}
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
	http.Redirect(w, r, control.WatchPath(target), http.StatusFound)
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
			return ports, fmt.Errorf("http.domain needs ports 443 and 80: %w", bind.Explain(err))
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

// serversFor makes the servers of the ports, one, or with automatic certificates :443 for
// viewers and :80 for redirects and certificate challenges. h answers everything, and media,
// unless it is nil, what is below origin.Prefix, tokens in front or not, where there is no TLS.
func serversFor(ports httpPorts, cfg *config.Config, certs *certificates.Certificates, access *access, h, media http.Handler, log *slog.Logger) (*httpserver.Servers, error) {
	s := httpserver.NewServers(httpserver.ServersConfig{
		Limits: access.limits, Proxies: access.proxies, MediaPrefixes: []string{origin.Prefix, playbackauth.Prefix}, Log: log,
	})
	h = access.gate.Handler(h)
	if media != nil {
		media = access.gate.Handler(media)
	}
	if cfg.HTTP.Listen != "" {
		s.Add(httpserver.Port{Listener: ports[cfg.HTTP.Listen], Proxied: cfg.HTTP.ProxyProtocol, Handler: h, Media: media, TLS: certs.FilesTLS()})
	}
	if cfg.HTTP.Domain == "" {
		return s, nil
	}
	s.Add(httpserver.Port{Listener: ports[domainPort], Handler: h, TLS: certs.DomainTLS()})
	s.Add(httpserver.Port{Listener: ports[redirectPort], Handler: certs.ChallengeHandler(httpserver.RedirectToHTTPS(cfg.HTTP.Domain))})
	return s, certs.Manage()
}

// newCertificates reads what http.tls_cert or http.domain names; automatic certificates are
// kept in dir.
func newCertificates(cfg *config.Config, dir string, log *slog.Logger) (*certificates.Certificates, error) {
	return certificates.New(certificates.Config{
		CertFile: cfg.HTTP.TLSCert, KeyFile: cfg.HTTP.TLSKey, Domain: cfg.HTTP.Domain, Dir: filepath.Join(dir, "certificates"),
	}, log)
}
