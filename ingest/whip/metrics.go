package whip

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/media"
)

// counters are those of all sessions.
type counters struct {
	keyframes atomic.Uint64 // asked for
}

var (
	sessionsDesc = prometheus.NewDesc("lightstick_webrtc_sessions",
		"Publishers by WebRTC, those included that are connecting.", nil, nil)
	keyframesDesc = prometheus.NewDesc("lightstick_webrtc_keyframe_requests_total",
		"Keyframes that publishers were asked for, by the schedule or after a loss.", nil, nil)
	receivedDesc = prometheus.NewDesc("lightstick_webrtc_received_packets_total",
		"RTP packets received.", []string{"stream"}, nil)
	lostDesc = prometheus.NewDesc("lightstick_webrtc_lost_packets_total",
		"RTP packets that did not come in time, though they were asked for again.", []string{"stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsDesc, keyframesDesc, receivedDesc, lostDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	live := make([]*session, 0, len(s.sessions))
	for _, p := range s.sessions {
		live = append(live, p)
	}
	s.mu.Unlock()
	ch <- prometheus.MustNewConstMetric(sessionsDesc, prometheus.GaugeValue, float64(len(live)))
	ch <- prometheus.MustNewConstMetric(keyframesDesc, prometheus.CounterValue, float64(s.counted.keyframes.Load()))
	received, lost := make(map[media.StreamID]uint64), make(map[media.StreamID]uint64)
	for _, p := range live { // a stream has two while one takes over from another
		stream := p.receiver.session.Stream()
		received[stream] += p.packets.Load()
		lost[stream] += p.lost.Load()
	}
	for stream, packets := range received {
		ch <- prometheus.MustNewConstMetric(receivedDesc, prometheus.CounterValue, float64(packets), string(stream))
		ch <- prometheus.MustNewConstMetric(lostDesc, prometheus.CounterValue, float64(lost[stream]), string(stream))
	}
}
