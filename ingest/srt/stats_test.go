package srt

import (
	"strings"
	"testing"

	srt "github.com/datarhei/gosrt"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// counting is a connection that has received a packet.
type counting struct{ srt.Conn }

func (counting) Stats(s *srt.Statistics) { s.Accumulated.PktRecvUnique = 1 }

// A stream has two connections while one takes over from another. Prometheus refuses all
// metrics if one of them is told twice.
func TestMetricsOfTwoConnections(t *testing.T) {
	s := &Server{connections: make(map[*connection]struct{})}
	for range 2 {
		s.connections[&connection{stream: "show", conn: counting{}}] = struct{}{}
	}
	want := strings.NewReader(`
# HELP lightstick_srt_received_packets_total Packets received, each counted once.
# TYPE lightstick_srt_received_packets_total counter
lightstick_srt_received_packets_total{stream="show"} 2
`)
	if err := testutil.CollectAndCompare(s, want, "lightstick_srt_received_packets_total"); err != nil {
		t.Error(err)
	}
}
