package app

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/attempts"
	"github.com/globalfandom/lightstick/origin"
)

// access is who may ask, and for whom.
type access struct {
	gate     *httpserver.OriginShield
	proxies  *httpserver.Proxies // nil: none is trusted
	attempts *attempts.Limiter   // at keys and tokens
}

// shielded are the paths of media and of verdicts about it: only the CDN asks for them,
// if it has a secret.
var shielded = []string{origin.Prefix, "/t/", "/playback/"}

func newAccess(cfg *config.Config) (*access, error) {
	a := &access{gate: httpserver.NewOriginShield(httpserver.ShieldConfig{
		Secrets: cfg.Secrets(), SecretHeader: cfg.CDN.SecretHeader, Prefixes: shielded, LoopID: cfg.CDN.LoopID,
	})}
	trusted, err := cfg.TrustedProxies()
	if err == nil && len(trusted) > 0 {
		a.proxies = httpserver.NewProxies(trusted, cfg.HTTP.ClientHeader)
	}
	a.attempts = attempts.New(a.proxies.Trusts)
	return a, err
}

// base is the context that all requests' contexts descend from.
func (a *access) base() context.Context {
	return httpserver.WithProxies(context.Background(), a.proxies)
}

func (a *access) baseOf(net.Listener) context.Context { return a.base() }

// viewerCountry tells where a viewer is by the header that the CDN sets; "": unknown.
// Whoever is neither a trusted proxy nor kept out by the CDN's secret is not believed.
func viewerCountry(cfg *config.Config) func(*http.Request) string {
	name, throughCDN := countryField(cfg), len(cfg.Secrets()) > 0
	return func(r *http.Request) string {
		if name == "" || !throughCDN && !httpserver.FromProxy(r) {
			return ""
		}
		return httpserver.Country(r.Header, name)
	}
}

// toHTTPS leads to the same path at our own name, whatever name was asked for.
func toHTTPS(domain string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := *r.URL
		target.Scheme, target.Host, target.User, target.Opaque = "https", domain, nil, ""
		if !strings.HasPrefix(target.Path, "/") {
			target.Path, target.RawPath = "/", ""
		}
		http.Redirect(w, r, target.String(), http.StatusMovedPermanently)
	})
}
