package srt

import (
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/prometheus/client_golang/prometheus"
)

// Loss is what a connection has lost so far, in packets.
type Loss struct {
	Received      uint64 // unique packets
	Lost          uint64 // noticed missing at first, reordering included
	Retransmitted uint64 // came again
	Dropped       uint64 // never came in time: this is what viewers see
	RoundTrip     time.Duration
}

func (c *connection) stats() Loss {
	var s srt.Statistics
	c.conn.Stats(&s)
	return Loss{
		Received: s.Accumulated.PktRecvUnique, Lost: s.Accumulated.PktRecvLoss,
		Retransmitted: s.Accumulated.PktRecvRetrans, Dropped: s.Accumulated.PktRecvDrop,
		RoundTrip: time.Duration(s.Instantaneous.MsRTT * float64(time.Millisecond)),
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
	for _, c := range live {
		loss, stream := c.stats(), string(c.stream)
		counter := func(d *prometheus.Desc, v uint64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), stream)
		}
		counter(receivedDesc, loss.Received)
		counter(lossDesc, loss.Lost)
		counter(retransmitDesc, loss.Retransmitted)
		counter(dropDesc, loss.Dropped)
		ch <- prometheus.MustNewConstMetric(roundTripDesc, prometheus.GaugeValue, loss.RoundTrip.Seconds(), stream)
	}
}
