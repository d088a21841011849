package hls

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// Report is what a run measured. Rates and CPU figures are of the time between the
// ramp and the end; everything else counts from the first viewer on.
type Report struct {
	URL         string    `json:"url"`
	Mode        Mode      `json:"mode"`
	Viewers     int       `json:"viewers"`
	Started     time.Time `json:"started"`
	Interrupted bool      `json:"interrupted"`

	Playlists        int64   `json:"playlists"` // answers, redirects included
	Media            int64   `json:"media"`     // answers: parts, segments, initialization sections
	Bytes            int64   `json:"bytes"`     // of all bodies
	SteadySeconds    float64 `json:"steady_seconds"`
	ViewerSeconds    float64 `json:"viewer_seconds"`
	RequestsPerSec   float64 `json:"requests_per_second"`
	MegabitsPerSec   float64 `json:"megabits_per_second"`
	ToolUSPerRequest float64 `json:"tool_cpu_us_per_request"`

	FirstPlaylist measure.Quantiles `json:"first_playlist_ms"`
	FirstPart     measure.Quantiles `json:"first_part_ms"`
	Spread        measure.Quantiles `json:"spread_ms"`  // after the first viewer that had the part
	Latency       measure.Quantiles `json:"latency_ms"` // of a part's end, by program date time
	Reload        measure.Quantiles `json:"reload_ms"`  // of blocking reloads
	Fetch         measure.Quantiles `json:"fetch_ms"`   // of parts and segments

	Errors         map[string]int64 `json:"errors"`
	ErrorCount     int64            `json:"error_count"`
	Missed         int64            `json:"missed"`     // parts that were gone when their turn came
	Reconnects     int64            `json:"reconnects"` // kept connections that the server had closed
	Stalls         int64            `json:"stalls"`
	StalledViewers int64            `json:"stalled_viewers"`
	StalledSeconds float64          `json:"stalled_seconds"`

	Server *ServerReport `json:"server,omitempty"` // nil without a PID
}

// ServerReport is what the server's process used.
type ServerReport struct {
	CPUPerThousandViewerSeconds float64 `json:"cpu_seconds_per_1000_viewer_seconds"`
	CPUUSPerRequest             float64 `json:"cpu_us_per_request"`
	CoresBefore                 float64 `json:"cores_before"` // CPU seconds a second, before the first viewer
	Cores                       float64 `json:"cores"`        // with all viewers
	CoresAfter                  float64 `json:"cores_after"`  // after the last one
	OtherCores                  float64 `json:"other_cores"`  // of anything else on the machine, ramp included: much of it spoils the figures
	RSSStart                    int64   `json:"rss_start_bytes"`
	RSSPeak                     int64   `json:"rss_peak_bytes"`
	RSSEnd                      int64   `json:"rss_end_bytes"`
}

// Failed is how many errors and stalls there were.
func (r *Report) Failed() int64 { return r.ErrorCount + r.Stalls }

func (r *Report) fill(run *run, from, to mark) {
	stats, steady := &run.stats, span{from, to}
	count := stats.sum
	r.Playlists = count(func(s *shard) *atomic.Int64 { return &s.playlists })
	r.Media = count(func(s *shard) *atomic.Int64 { return &s.media })
	r.Bytes = stats.received()
	r.Missed = count(func(s *shard) *atomic.Int64 { return &s.missed })
	r.Reconnects = count(func(s *shard) *atomic.Int64 { return &s.reconnects })
	r.Stalls = stats.stalls()
	r.StalledViewers = count(func(s *shard) *atomic.Int64 { return &s.stalledViewers })
	r.StalledSeconds = time.Duration(count(func(s *shard) *atomic.Int64 { return &s.stalledFor })).Seconds()
	r.Errors, r.ErrorCount = stats.failures()

	r.SteadySeconds = steady.seconds()
	r.ViewerSeconds = to.viewerSeconds - from.viewerSeconds
	r.RequestsPerSec = measure.Ratio(float64(steady.requests()), r.SteadySeconds)
	r.MegabitsPerSec = measure.Ratio(float64(to.bytes-from.bytes)*8/1e6, r.SteadySeconds)
	r.ToolUSPerRequest = measure.Ratio((to.tool-from.tool).Seconds()*1e6, float64(steady.requests()))

	r.FirstPlaylist = quantiles(stats, func(s *shard) *measure.Histogram { return &s.firstPlaylist })
	r.FirstPart = quantiles(stats, func(s *shard) *measure.Histogram { return &s.firstPart })
	r.Spread = quantiles(stats, func(s *shard) *measure.Histogram { return &s.spread })
	r.Latency = quantiles(stats, func(s *shard) *measure.Histogram { return &s.latency })
	r.Reload = quantiles(stats, func(s *shard) *measure.Histogram { return &s.reload })
	r.Fetch = quantiles(stats, func(s *shard) *measure.Histogram { return &s.fetch })
}

func quantiles(s *stats, of func(*shard) *measure.Histogram) measure.Quantiles {
	return s.tally(of).Quantiles()
}

// server is the report on the process, from the times before, with and after
// viewers.
func (s *sampler) server(before, steady, after span) *ServerReport {
	if s.process == 0 {
		return nil
	}
	cores := func(s span) float64 { return measure.Ratio((s.to.server - s.from.server).Seconds(), s.seconds()) }
	cpu := (steady.to.server - steady.from.server).Seconds()
	return &ServerReport{
		CPUPerThousandViewerSeconds: measure.Ratio(cpu*1000, steady.to.viewerSeconds-steady.from.viewerSeconds),
		CPUUSPerRequest:             measure.Ratio(cpu*1e6, float64(steady.requests())),
		CoresBefore:                 cores(before), Cores: cores(steady), CoresAfter: cores(after),
		OtherCores: measure.Ratio(span{before.to, steady.to}.others().Seconds(), span{before.to, steady.to}.seconds()),
		RSSStart:   before.to.rss, RSSPeak: s.peakRSS, RSSEnd: after.to.rss,
	}
}

// WriteTable prints the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, a ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", a...) }
	row("viewers", "%d, %s", r.Viewers, r.Mode)
	row("answers", "%d playlists, %d media, %.1f MB", r.Playlists, r.Media, float64(r.Bytes)/1e6)
	row("rate", "%.0f requests/s, %.1f Mbit/s over %.1f s", r.RequestsPerSec, r.MegabitsPerSec, r.SteadySeconds)
	row("errors", "%d", r.ErrorCount)
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		row("", "%d × %s", r.Errors[kind], kind)
	}
	row("stalls", "%d at %d viewers, %.1f s in all", r.Stalls, r.StalledViewers, r.StalledSeconds)
	row("missed", "%d parts; %d reconnects", r.Missed, r.Reconnects)
	row("tool", "%.1f µs of CPU a request", r.ToolUSPerRequest)
	if s := r.Server; s != nil {
		row("server CPU", "%.3f s per 1,000 viewer-seconds, %.1f µs a request", s.CPUPerThousandViewerSeconds, s.CPUUSPerRequest)
		row("server cores", "%.3f before, %.3f with, %.3f after viewers", s.CoresBefore, s.Cores, s.CoresAfter)
		row("other processes", "%.3f cores", s.OtherCores)
		row("server RSS", "%.1f MB before, %.1f MB peak, %.1f MB after", float64(s.RSSStart)/1e6, float64(s.RSSPeak)/1e6, float64(s.RSSEnd)/1e6)
	}
	fmt.Fprintf(w, "\nms\tp50\tp90\tp99\tmax\tcount\n")
	for _, q := range []struct {
		name string
		measure.Quantiles
	}{
		{"first playlist", r.FirstPlaylist}, {"first part", r.FirstPart}, {"spread", r.Spread},
		{"latency", r.Latency}, {"blocking reload", r.Reload}, {"fetch", r.Fetch},
	} {
		row(q.name, "%.1f\t%.1f\t%.1f\t%.1f\t%d", q.P50, q.P90, q.P99, q.Max, q.Count)
	}
	return w.Flush()
}
