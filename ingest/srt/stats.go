package srt

import (
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/ingest"
)

// linkOf is how the packets of a connection have come so far.
func linkOf(conn srt.Conn) ingest.Link {
	var s srt.Statistics
	conn.Stats(&s)
	roundTrip := time.Duration(s.Instantaneous.MsRTT * float64(time.Millisecond))
	return ingest.Link{
		Received: s.Accumulated.PktRecvUnique, Missing: s.Accumulated.PktRecvLoss,
		Retransmitted: s.Accumulated.PktRecvRetrans, Dropped: s.Accumulated.PktRecvDrop,
		RoundTrip: roundTrip.Seconds(), Advised: ingest.AdvisedLatency(roundTrip).Seconds(),
		Buffer: float64(s.Instantaneous.MsRecvBuf) / 1000, Latency: float64(s.Instantaneous.MsRecvTsbPdDelay) / 1000,
	}
}

var (
	receivedDesc = prometheus.NewDesc("lightstick_srt_received_packets_total",
		"Packets received, each counted once.", []string{"stream"}, nil)
	lossDesc = prometheus.NewDesc("lightstick_srt_lost_packets_total",
		"Packets missing at first, reordered ones included.", []string{"stream"}, nil)
	retransmitDesc = prometheus.NewDesc("lightstick_srt_retransmitted_packets_total",
		"Packets that came again after a loss.", []string{"stream"}, nil)
	dropDesc = prometheus.NewDesc("lightstick_srt_dropped_packets_total",
		"Packets that did not come in time: raise srt.latency when this grows.", []string{"stream"}, nil)
	roundTripDesc = prometheus.NewDesc("lightstick_srt_round_trip_seconds",
		"Round trip time to the publisher.", []string{"stream"}, nil)
	bufferDesc = prometheus.NewDesc("lightstick_srt_buffer_seconds",
		"Packets that wait for their time in the receiver's buffer.", []string{"stream"}, nil)
	latencyDesc = prometheus.NewDesc("lightstick_srt_latency_seconds",
		"Time that a lost packet has to come again, as both sides agreed.", []string{"stream"}, nil)
	advisedDesc = prometheus.NewDesc("lightstick_srt_advised_latency_seconds",
		"Latency to set: four round trips, 120 ms at least.", []string{"stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect implements prometheus.Collector: the loss of each live connection.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	live := make([]*connection, 0, len(s.connections))
	for c := range s.connections {
		live = append(live, c)
	}
	s.mu.Unlock()
	links := make(map[string]ingest.Link)
	for _, c := range live { // a stream has two while one takes over from another
		stream := string(c.stream)
		links[stream] = sumOf(links[stream], linkOf(c.conn))
	}
	for stream, link := range links {
		counter := func(d *prometheus.Desc, v uint64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), stream)
		}
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, stream)
		}
		counter(receivedDesc, link.Received)
		counter(lossDesc, link.Missing)
		counter(retransmitDesc, link.Retransmitted)
		counter(dropDesc, link.Dropped)
		gauge(roundTripDesc, link.RoundTrip)
		gauge(bufferDesc, link.Buffer)
		gauge(latencyDesc, link.Latency)
		gauge(advisedDesc, link.Advised)
	}
}

// sumOf is what two connections of one stream have received, and the worse of their links.
func sumOf(a, b ingest.Link) ingest.Link {
	return ingest.Link{
		Received: a.Received + b.Received, Missing: a.Missing + b.Missing,
		Retransmitted: a.Retransmitted + b.Retransmitted, Dropped: a.Dropped + b.Dropped,
		RoundTrip: max(a.RoundTrip, b.RoundTrip), Advised: max(a.Advised, b.Advised),
		Buffer: max(a.Buffer, b.Buffer), Latency: max(a.Latency, b.Latency),
	}
}
