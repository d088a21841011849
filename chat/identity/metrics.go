package identity

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	tokens, guests, logins, fetches *prometheus.CounterVec
	keys, fetched                   prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer, jwks bool) *metrics {
	factory, forKeys := promauto.With(registerer), promauto.With(nil)
	if jwks {
		forKeys = factory
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return factory.NewCounterVec(prometheus.CounterOpts{Name: "lightstick_chat_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return forKeys.NewGauge(prometheus.GaugeOpts{Name: "lightstick_chat_" + name, Help: help})
	}
	return &metrics{
		tokens:  vec("tokens_total", "Tokens that somebody came with: ok, invalid, expired or unavailable.", "result"),
		guests:  vec("guests_total", "Guests, by whether they had a ticket: new or known.", "ticket"),
		logins:  vec("logins_total", "Sign-ins to accounts: ok, wrong, limited, bad or unavailable.", "result"),
		fetches: vec("jwks_fetches_total", "Fetches of the site's keys: ok or failed.", "result"),
		keys:    gauge("jwks_keys", "Keys of the site that can be used."),
		fetched: gauge("jwks_fetched_timestamp_seconds", "When the site's keys were last fetched."),
	}
}

func (m *metrics) token(err error) {
	result := "ok"
	switch {
	case errors.Is(err, ErrExpired):
		result = "expired"
	case errors.Is(err, ErrUnavailable):
		result = "unavailable"
	case err != nil:
		result = "invalid"
	}
	m.tokens.WithLabelValues(result).Inc()
}

func (m *metrics) guest(known bool) {
	if known {
		m.guests.WithLabelValues("known").Inc()
		return
	}
	m.guests.WithLabelValues("new").Inc()
}

func (m *metrics) fetch(err error, keys int) {
	if err != nil {
		m.fetches.WithLabelValues("failed").Inc()
		return
	}
	m.fetches.WithLabelValues("ok").Inc()
	m.keys.Set(float64(keys))
	m.fetched.Set(float64(time.Now().Unix()))
}
