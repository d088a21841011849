package app

import (
	"net/http"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/attempts"
	"github.com/globalfandom/lightstick/origin"
)

// access is who may ask, and for whom.
type access struct {
	gate     *httpserver.OriginShield
	proxies  *httpserver.Proxies // nil: none is trusted
	limits   *httpserver.Limits  // of connections
	attempts *attempts.Limiter   // at keys and tokens
}

// shielded are the paths of media and of verdicts about it: only the CDN asks for them,
// if it has a secret.
var shielded = []string{origin.Prefix, "/t/", "/playback/"}

func newAccess(cfg *config.Config) *access {
	proxies := cfg.HTTP.Proxies()
	return &access{
		gate: httpserver.NewOriginShield(cfg.CDN, shielded...), proxies: proxies, attempts: attempts.New(proxies.Trusts),
		limits: httpserver.NewLimits(httpserver.LimitsConfig{
			Max: httpserver.MaxConnections(cfg.HTTP.MaxConnections), PerIP: cfg.HTTP.MaxConnectionsPerIP, Trusted: proxies,
		}),
	}
}

// viewerCountry tells where a viewer is by the header that the CDN sets; "": unknown.
func viewerCountry(cfg *config.Config) func(*http.Request) string {
	return httpserver.TrustedCountry(cfg.Playback.CountryHeader, len(cfg.CDN.Secrets) > 0)
}
