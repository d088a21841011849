package app

import (
	"log/slog"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver/certificates"
)

// NewReloader takes SIGHUP from now on, and applies log.level. Close must be called.
func NewReloader(loaded *config.Loaded, load func() (*config.Loaded, error), level *slog.LevelVar, log *slog.Logger) *config.Reloader {
	r := config.NewReloader(loaded, load, log)
	r.Apply(func(next *config.Config) error { setLevel(level, next); return nil }, "log.level")
	return r
}

// ReloadWith has a reloader apply the settings of the server.
func (s *Server) ReloadWith(r *config.Reloader) { applyShared(r, s.certs, s.token) }

// applyShared applies the settings that every role has.
func applyShared(r *config.Reloader, certs *certificates.Certificates, token *control.APIToken) {
	r.Apply(func(next *config.Config) error { return certs.Reload(next.HTTP.TLSCert, next.HTTP.TLSKey) }, "http.tls_cert", "http.tls_key")
	r.Apply(func(next *config.Config) error { return token.Replace(string(next.API.Token)) }, "api.token")
}
