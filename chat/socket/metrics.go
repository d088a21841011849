package socket

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// counts are a handler's metrics.
type counts struct {
	open    *atomic.Int64
	refused *prometheus.CounterVec
}

func newCounts(metrics prometheus.Registerer) counts {
	open := new(atomic.Int64)
	f := counts{open: open}
	factory := promauto.With(metrics)
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lightstick_chat_connections", Help: "Open WebSockets of the chat.",
	}, func() float64 { return float64(open.Load()) })
	f.refused = factory.NewCounterVec(prometheus.CounterOpts{
		Name: "lightstick_chat_refused_total", Help: "Connections that were not let in, or ended for what they sent, by reason.",
	}, []string{"reason"})
	for _, why := range []string{"handshake", "origin", "protocol", "address", "rate", "drain", "frame"} {
		f.refused.WithLabelValues(why)
	}
	return f
}

func (f *counts) refuse(why string) { f.refused.WithLabelValues(why).Inc() }
