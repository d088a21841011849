package httpserver

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/internal/httpcache"
)

// OriginShield refuses requests that did not come through the CDN, and those that come round
// again. It is a prometheus.Collector.
type OriginShield struct {
	header   string // canonical name
	secrets  [][]byte
	prefixes []string
	loopID   string
	refused  *prometheus.CounterVec
}

// NewOriginShield makes an origin shield. The secret is demanded for paths that begin with one of
// the prefixes.
func NewOriginShield(settings ShieldSettings, prefixes ...string) *OriginShield {
	s := &OriginShield{header: http.CanonicalHeaderKey(settings.SecretHeader), prefixes: prefixes, loopID: settings.LoopID}
	for _, secret := range settings.Secrets {
		s.secrets = append(s.secrets, []byte(secret))
	}
	s.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lightstick_http_refused_requests_total",
		Help: "Requests without the CDN's secret or with a wrong one, or that an edge sent in a circle, by reason.",
	}, []string{"reason"})
	for _, reason := range []string{reasonMissing, reasonWrong, reasonLoop} {
		s.refused.WithLabelValues(reason)
	}
	return s
}

// Reasons of refusals, as the metric has them.
const (
	reasonMissing = "secret_missing"
	reasonWrong   = "secret_wrong"
	reasonLoop    = "loop"
)

// Describe implements prometheus.Collector.
func (s *OriginShield) Describe(ch chan<- *prometheus.Desc) { s.refused.Describe(ch) }

// Collect implements prometheus.Collector.
func (s *OriginShield) Collect(ch chan<- prometheus.Metric) { s.refused.Collect(ch) }

// Handler lets requests through to next, which does not see the secret.
func (s *OriginShield) Handler(next http.Handler) http.Handler {
	if len(s.secrets) == 0 && s.loopID == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.loopID != "" && names(r.Header[loopHeader], s.loopID) {
			s.refuse(w, reasonLoop, http.StatusLoopDetected, "this request was here before: CDN-Loop names "+s.loopID+
				"; some edge asks itself, or its own viewers' address, instead of the origin")
			return
		}
		if len(s.secrets) == 0 || !s.covers(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		given := r.Header[s.header]
		switch {
		case len(given) == 0:
			s.refuse(w, reasonMissing, http.StatusForbidden, "media is served through the CDN only, and this request has not come from it: "+
				"the header that cdn.secret_header names is missing")
			return
		case len(given) > 1 || !s.known(given[0]):
			s.refuse(w, reasonWrong, http.StatusForbidden, "media is served through the CDN only, and this request has not come from it: "+
				"the header that cdn.secret_header names is wrong")
			return
		}
		// Not for handlers' eyes and logs; but a connection that sends the same header
		// again gets the same map again.
		delete(r.Header, s.header)
		next.ServeHTTP(w, r)
		r.Header[s.header] = given
	})
}

func (s *OriginShield) covers(path string) bool {
	return slices.ContainsFunc(s.prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// known compares in a time that tells nothing but the length.
func (s *OriginShield) known(given string) bool {
	equal := 0
	for _, secret := range s.secrets {
		equal |= subtle.ConstantTimeCompare([]byte(given), secret)
	}
	return equal == 1
}

// refuse answers so that players on any site can read why, and no cache keeps it.
func (s *OriginShield) refuse(w http.ResponseWriter, reason string, code int, text string) {
	s.refused.WithLabelValues(reason).Inc()
	h := w.Header()
	cors.AllowAnyOrigin(h)
	httpcache.SetHeader(h, httpcache.Private)
	http.Error(w, text, code)
}

// loopHeader lists the CDNs that a request came through (RFC 8586).
const loopHeader = "Cdn-Loop"

// names reports whether some element of the lists is id, in whatever case and with
// whatever parameters. Quotes mean nothing here: no element can hide behind one that
// was not closed.
func names(values []string, id string) bool {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(element, ";")
			if strings.EqualFold(strings.Trim(name, " \t"), id) {
				return true
			}
		}
	}
	return false
}
