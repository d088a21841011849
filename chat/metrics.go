package chat

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/message"
)

// metrics count what becomes of what is written.
type metrics struct {
	messages *prometheus.CounterVec
	actions  prometheus.Counter
	rooms    *prometheus.Desc
	viewers  *prometheus.Desc
	isolated *prometheus.Desc
}

func newMetrics() *metrics {
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_chat_messages_total",
			Help: "Messages by what became of them: published, sampled (not everybody got it), shadowed, repeated (sent again after a lost answer), or the code that they were refused with.",
		}, []string{"result"}),
		actions:  prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_chat_acts_total", Help: "Acts of hosts and moderators that were done."}),
		rooms:    prometheus.NewDesc("lightstick_chat_rooms", "Rooms that are open in this process.", nil, nil),
		viewers:  prometheus.NewDesc("lightstick_chat_viewers", "Subscriptions to rooms in this process.", nil, nil),
		isolated: prometheus.NewDesc("lightstick_chat_apart", "1: other processes can't be reached, rooms go on with those who are here.", nil, nil),
	}
	for _, result := range []string{published, sampled, shadowed, repeated, "4000", "4001", "4002", "4003"} {
		m.messages.WithLabelValues(result)
	}
	return m
}

// What becomes of a message that is not refused.
const (
	published = "published"
	sampled   = "sampled"
	shadowed  = "shadowed"
	repeated  = "repeated"
)

// refuse counts a refusal.
func (m *metrics) refuse(err error) {
	var refusal *message.Refusal
	if errors.As(err, &refusal) {
		m.messages.WithLabelValues(strconv.Itoa(int(refusal.Code))).Inc()
	}
}

// Describe implements prometheus.Collector.
func (s *Service) Describe(ch chan<- *prometheus.Desc) {
	s.metrics.messages.Describe(ch)
	s.metrics.actions.Describe(ch)
	ch <- s.metrics.rooms
	ch <- s.metrics.viewers
	ch <- s.metrics.isolated
}

// Collect implements prometheus.Collector.
func (s *Service) Collect(ch chan<- prometheus.Metric) {
	s.metrics.messages.Collect(ch)
	s.metrics.actions.Collect(ch)
	viewers := 0
	for _, n := range s.rooms.viewers() {
		viewers += n
	}
	open := len(s.rooms.all())
	isolated := 0.0
	if s.isolated.Load() {
		isolated = 1
	}
	ch <- prometheus.MustNewConstMetric(s.metrics.rooms, prometheus.GaugeValue, float64(open))
	ch <- prometheus.MustNewConstMetric(s.metrics.viewers, prometheus.GaugeValue, float64(viewers))
	ch <- prometheus.MustNewConstMetric(s.metrics.isolated, prometheus.GaugeValue, isolated)
}
