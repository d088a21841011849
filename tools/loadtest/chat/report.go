package chat

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// Report is what a run of [Run] measured.
type Report struct {
	URL         string    `json:"url"`
	Connections int       `json:"connections"`
	Rooms       int       `json:"rooms"`
	Rate        float64   `json:"rate"` // messages a second in a room, as asked for
	Started     time.Time `json:"started"`
	Interrupted bool      `json:"interrupted"`

	Connected         int64            `json:"connected"` // readers that were there at the end
	ConnectSeconds    float64          `json:"connect_seconds"`
	ConnectsPerSecond float64          `json:"connects_per_second"`
	Busy              int64            `json:"busy"`     // upgrades that were answered with 503 and tried again
	Failures          map[string]int64 `json:"failures"` // connections that failed, by reason
	Disconnects       map[int]int64    `json:"disconnects"`
	Unsubscribes      int64            `json:"unsubscribes"`

	Published  int64            `json:"published"`
	Accepted   int64            `json:"accepted"`
	Refusals   map[string]int64 `json:"refusals"` // messages that the server refused, by code
	Deliveries int64            `json:"deliveries"`
	PerSecond  float64          `json:"deliveries_per_second"`
	PerFrame   float64          `json:"deliveries_per_frame"`
	Bytes      int64            `json:"bytes"`
	Lost       int64            `json:"lost"`         // accepted, and not received by a reader that stayed
	Doubles    int64            `json:"doubles"`      // received twice
	Late       int64            `json:"out_of_order"` // received after a later one of the same author
	Astray     int64            `json:"astray"`       // received in another room

	Connect measure.Quantiles `json:"connect_ms"` // from the connect call to the subscription
	Answer  measure.Quantiles `json:"answer_ms"`  // from a message's writing to its answer
	Latency measure.Quantiles `json:"latency_ms"` // from a message's writing to its arrival, at each reader

	ToolUSPerDelivery float64       `json:"tool_cpu_us_per_delivery"`
	Server            *ServerReport `json:"server,omitempty"` // nil without a PID
}

// ServerReport is what the server's process used.
type ServerReport struct {
	CPUPerMillion          float64 `json:"cpu_seconds_per_million"` // deliveries; from the first message to the last delivery
	Cores                  float64 `json:"cores"`
	OtherCores             float64 `json:"other_cores"` // of anything but server and tool: much of it spoils the figures
	RSSStart               int64   `json:"rss_start_bytes"`
	RSSIdle                int64   `json:"rss_idle_bytes"` // all are connected, nobody has written
	RSSPeak                int64   `json:"rss_peak_bytes"`
	RSSEnd                 int64   `json:"rss_end_bytes"`
	BytesPerConnection     float64 `json:"bytes_per_connection"`      // idle
	PeakBytesPerConnection float64 `json:"peak_bytes_per_connection"` // under load
}

// Failed is how much went wrong.
func (r *Report) Failed() int64 {
	return total(r.Failures) + total(r.Disconnects) + total(r.Refusals) + r.Unsubscribes + r.Lost + r.Doubles + r.Late + r.Astray
}

func (r *Report) fill(run *run, readers []*conn, start, arrived, idle, written, end mark) {
	shard := &run.shard
	r.Connected, r.Busy = shard.connected.Load(), shard.refused.Load()
	r.ConnectSeconds = arrived.at.Sub(start.at).Seconds()
	r.Connect, r.Answer, r.Latency = quantiles(&shard.connect), quantiles(&shard.answer), quantiles(&shard.latency)
	r.ConnectsPerSecond = measure.Ratio(float64(r.Connect.Count), r.ConnectSeconds)
	r.Disconnects, r.Refusals, r.Failures, r.Unsubscribes = run.stats.copy()
	r.Published, r.Accepted = shard.published.Load(), shard.accepted.Load()
	r.Deliveries, r.Bytes = shard.deliveries.Load(), shard.bytes.Load()
	r.Doubles, r.Late, r.Astray = shard.doubles.Load(), shard.late.Load(), shard.astray.Load()
	r.PerSecond = measure.Ratio(float64(r.Deliveries), written.at.Sub(idle.at).Seconds())
	r.PerFrame = measure.Ratio(float64(r.Deliveries), float64(shard.frames.Load()))
	r.ToolUSPerDelivery = measure.Ratio((end.tool-idle.tool).Seconds()*1e6, float64(r.Deliveries))
	r.Lost = run.missing(readers)
}

// missing is how many messages did not reach readers that stayed to the end.
func (r *run) missing(readers []*conn) (lost int64) {
	known := map[[3]int]uint32{} // acceptedFrom, by room, publisher and number
	for _, c := range readers {
		if c == nil || !c.live.Load() {
			continue
		}
		for i, p := range r.rooms[c.room] {
			key := [3]int{c.room, i, int(c.baseline[i])}
			want, ok := known[key]
			if !ok {
				want = p.ledger.acceptedFrom(c.baseline[i])
				known[key] = want
			}
			if got := c.windows[i].count(); want > got {
				lost += int64(want - got)
			}
		}
	}
	return lost
}

func quantiles(h *measure.Histogram) measure.Quantiles {
	t := &measure.Tally{}
	t.Include(h)
	return t.Quantiles()
}

// WriteTable prints the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, a ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", a...) }
	row("connections", "%d of %d in %d rooms, %.0f/s over %.1f s; %d times asked to come back later",
		r.Connected, r.Connections, r.Rooms, r.ConnectsPerSecond, r.ConnectSeconds, r.Busy)
	counts(row, "failed", r.Failures)
	counts(row, "disconnected", r.Disconnects)
	row("messages", "%d written, %d accepted", r.Published, r.Accepted)
	counts(row, "refused", r.Refusals)
	row("deliveries", "%d, %.0f/s, %.2f in a frame, %.1f MB", r.Deliveries, r.PerSecond, r.PerFrame, float64(r.Bytes)/1e6)
	row("wrong", "%d lost, %d doubles, %d out of order, %d in another room, %d unsubscribed", r.Lost, r.Doubles, r.Late, r.Astray, r.Unsubscribes)
	row("tool", "%.2f µs of CPU a delivery", r.ToolUSPerDelivery)
	if s := r.Server; s != nil {
		row("server CPU", "%.2f s per million deliveries, %.2f cores; other processes %.2f", s.CPUPerMillion, s.Cores, s.OtherCores)
		row("server memory", "%.1f MB before, %.1f MB with all connections, %.1f MB peak", float64(s.RSSStart)/1e6, float64(s.RSSIdle)/1e6, float64(s.RSSPeak)/1e6)
		row("", "%.1f kB a connection, %.1f kB at the peak", s.BytesPerConnection/1e3, s.PeakBytesPerConnection/1e3)
	}
	fmt.Fprintf(w, "\nms\tp50\tp90\tp99\tmax\tcount\n")
	for _, q := range []struct {
		name string
		measure.Quantiles
	}{{"connect", r.Connect}, {"answer", r.Answer}, {"delivery", r.Latency}} {
		row(q.name, "%.1f\t%.1f\t%.1f\t%.1f\t%d", q.P50, q.P90, q.P99, q.Max, q.Count)
	}
	return w.Flush()
}

func counts[K int | string](row func(string, string, ...any), name string, m map[K]int64) {
	for _, kind := range slices.Sorted(maps.Keys(m)) {
		row(name, "%d × %v", m[kind], kind)
	}
}
