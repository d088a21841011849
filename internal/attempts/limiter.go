// Package attempts slows down those who guess stream keys, passphrases and API tokens, for all
// protocols together.
package attempts

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/internal/clientnet"
	"github.com/globalfandom/lightstick/internal/ratelimit"
	"github.com/globalfandom/lightstick/internal/ttlcache"
)

// attemptRate is how many wrong secrets a network may try: as many at once as there may
// be encoders with a mistyped key in one house, then one in three seconds.
var attemptRate = ratelimit.Rate{Burst: 60, Per: 3 * time.Minute}

const (
	// knownFor is how long a network is remembered to have had the right secret.
	knownFor = 24 * time.Hour
	// maxKnown bounds the secrets that are remembered. One more displaces what was used longest ago.
	maxKnown = 4096
)

// SlowDown is the error for a network that has tried too many wrong secrets.
type SlowDown struct{ Retry time.Duration }

func (e *SlowDown) Error() string {
	return fmt.Sprintf("too many wrong secrets from this network: try again in %v", e.Retry.Round(time.Second))
}

// Kind is what is tried, as the metric has it.
type Kind struct{ Protocol, Secret string }

// The kinds.
var (
	RTMPKey       = Kind{"rtmp", "key"}
	RTSPKey       = Kind{"rtsp", "key"}
	SRTKey        = Kind{"srt", "key"}
	WebRTCKey     = Kind{"webrtc", "key"}
	SRTPassphrase = Kind{"srt", "passphrase"}
	APIToken      = Kind{"api", "token"}
)

// Limiter counts and slows down those who try stream keys, passphrases and API tokens,
// by IPv4 address or IPv6 /64. It may be used concurrently, and is a
// prometheus.Collector.
//
// Secrets that were right from the same network lately are tried without a limit: a
// creator goes on while somebody behind the same address guesses. Such a neighbour may
// guess that secret as often as they like, which is why secrets are long.
type Limiter struct {
	shared  func(netip.Addr) bool
	buckets *ratelimit.Limiter
	failed  *prometheus.CounterVec
	known   *ttlcache.Cache[[sha256.Size]byte, struct{}] // network and secret that were right together
}

// New makes a limiter. shared reports whether an address is many people's, as a trusted
// proxy's is; nil: none is. What is tried from there is counted only.
func New(shared func(netip.Addr) bool) *Limiter {
	l := &Limiter{
		shared: shared, buckets: ratelimit.New(ratelimit.Config{Address: attemptRate, Max: 1 << 16}),
		known: ttlcache.New[[sha256.Size]byte, struct{}](maxKnown, knownFor),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_auth_failures_total", Help: "Stream keys, passphrases and API tokens that were not accepted, by reason: wrong, or not looked at because the network had tried too many.",
		}, []string{"protocol", "secret", "reason"}),
	}
	for _, kind := range []Kind{RTMPKey, RTSPKey, SRTKey, WebRTCKey, SRTPassphrase, APIToken} { // an alert on a rate needs a value to begin at
		for _, reason := range []string{reasonWrongSecret, reasonSlowed} {
			l.failed.WithLabelValues(kind.Protocol, kind.Secret, reason)
		}
	}
	return l
}

// Reasons of failures.
const (
	reasonWrongSecret = "wrong"
	reasonSlowed      = "slowed"
)

// Describe implements prometheus.Collector.
func (l *Limiter) Describe(ch chan<- *prometheus.Desc) { l.failed.Describe(ch) }

// Collect implements prometheus.Collector.
func (l *Limiter) Collect(ch chan<- prometheus.Metric) { l.failed.Collect(ch) }

// Begin is called before a secret is looked at; end must be called with the result. The
// error is a *SlowDown: then the secret must not be looked at. An empty secret is one
// that is not known here, and is never remembered.
func (l *Limiter) Begin(kind Kind, from netip.Addr, secret string) (end func(right bool), err error) {
	from = clientnet.Addr(from)
	who := ratelimit.Who{Address: from}
	if l.shared != nil && l.shared(from) {
		who = ratelimit.Who{} // who has no bucket
	}
	hash := sha256.Sum256([]byte(from.String() + " " + secret))
	_, known := l.known.Get(hash)
	if !known {
		if retry, ok := l.buckets.Take(time.Now(), who); !ok {
			l.failed.WithLabelValues(kind.Protocol, kind.Secret, reasonSlowed).Inc()
			return nil, &SlowDown{retry}
		}
	}
	return func(right bool) {
		switch {
		case !right:
			l.failed.WithLabelValues(kind.Protocol, kind.Secret, reasonWrongSecret).Inc()
			if known { // it was, and is void
				l.known.Remove(hash)
				l.buckets.Take(time.Now(), who)
			}
			return
		case secret != "":
			l.known.Put(hash, struct{}{})
		}
		if !known {
			l.buckets.Give(time.Now(), who)
		}
	}, nil
}
