package cmcd

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are what arrived, and what became of it.
type counts struct {
	event, query, header atomic.Uint64 // reports, by way

	rubbish   atomic.Uint64 // not a dictionary
	tooLarge  atomic.Uint64
	limited   atomic.Uint64 // by address
	dropped   atomic.Uint64 // the queue of media requests was full
	full      atomic.Uint64 // too many sessions
	crowded   atomic.Uint64 // too many sessions of one address
	anonymous atomic.Uint64 // without a session: nothing to add it to
	ignored   atomic.Uint64 // keys whose values were none
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("lightstick_cmcd_"+name, help, labels, nil)
}

var (
	reportsDesc = desc("reports_total", "Reports of players, by way: event (POST), query, header.", "via")
	refusedDesc = desc("refused_total", "Reports that were not used, by reason.", "reason")
	ignoredDesc = desc("ignored_keys_total", "Keys whose values were impossible.")

	sessionsDesc = desc("sessions", "Players that watch: they reported in the last 45 s, and not that they have ended.", "stream", "cdn", "country")
	startedDesc  = desc("sessions_started_total", "Sessions that began, or came from another CDN.", "stream", "cdn", "country")
	playedDesc   = desc("played_seconds_total", "Time that players played.", "stream", "cdn", "country")
	stalledDesc  = desc("stalled_seconds_total", "Time that players waited for their buffer.", "stream", "cdn", "country")
	stallsDesc   = desc("stalls_total", "Times that buffers ran dry.", "stream", "cdn", "country")
	errorsDesc   = desc("errors_total", "Errors that players reported.", "stream", "cdn", "country")
	bytesDesc    = desc("delivered_bytes_total", "Estimate of what players were delivered: bit rate times time played.", "stream", "cdn", "country")

	startupDesc    = desc("startup_seconds", "From the wish to play to the first picture.", "stream", "cdn")
	latencyDesc    = desc("latency_seconds", "Behind the live edge.", "stream", "cdn")
	bufferDesc     = desc("buffer_seconds", "What lies ready to be played.", "stream", "cdn")
	throughputDesc = desc("throughput_bytes_per_second", "Speed that players measured.", "stream", "cdn")
)

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n *atomic.Uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()), labels...)
	}
	n := &c.counts
	counter(reportsDesc, &n.event, "event")
	counter(reportsDesc, &n.query, "query")
	counter(reportsDesc, &n.header, "header")
	counter(refusedDesc, &n.rubbish, "rubbish")
	counter(refusedDesc, &n.tooLarge, "too_large")
	counter(refusedDesc, &n.limited, "rate")
	counter(refusedDesc, &n.dropped, "queue_full")
	counter(refusedDesc, &n.full, "too_many_sessions")
	counter(refusedDesc, &n.crowded, "sessions_of_address")
	counter(refusedDesc, &n.anonymous, "no_session")
	counter(ignoredDesc, &n.ignored)
	c.collectGroups(ch)
}

func (c *Collector) collectGroups(ch chan<- prometheus.Metric) {
	coarse := make(map[groupKey]*totals) // without country
	for _, g := range c.groups.all() {
		t, sessions := g.all(), g.sessions.Load()
		if t.started == 0 && sessions == 0 {
			continue
		}
		k := g.key
		metric := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, k.stream, k.cdn, k.country)
		}
		metric(sessionsDesc, prometheus.GaugeValue, float64(sessions))
		metric(startedDesc, prometheus.CounterValue, float64(t.started))
		played, stalled := g.times()
		metric(playedDesc, prometheus.CounterValue, played)
		metric(stalledDesc, prometheus.CounterValue, stalled)
		metric(stallsDesc, prometheus.CounterValue, float64(t.stalls))
		metric(errorsDesc, prometheus.CounterValue, float64(t.errors))
		metric(bytesDesc, prometheus.CounterValue, float64(t.bytes))
		k.country = ""
		if coarse[k] == nil {
			coarse[k] = new(totals)
		}
		coarse[k].merge(&t)
	}
	for k, t := range coarse {
		buckets, below := make(map[float64]uint64, len(bounds)), uint64(0)
		for i, bound := range bounds {
			below += uint64(t.startup.counts[i])
			buckets[bound] = below
		}
		ch <- prometheus.MustNewConstHistogram(startupDesc, uint64(t.startup.mean.n), t.startup.mean.sum, buckets, k.stream, k.cdn)
		for d, m := range map[*prometheus.Desc]mean{latencyDesc: t.latency, bufferDesc: t.buffer, throughputDesc: {t.throughput.n, t.throughput.sum / 8}} {
			ch <- prometheus.MustNewConstSummary(d, uint64(m.n), m.sum, nil, k.stream, k.cdn)
		}
	}
}

// Quality is how a group of players fared in the last five minutes.
type Quality struct {
	Stream     string  `json:"stream" doc:"ID, or other"`
	CDN        string  `json:"cdn" doc:"A configured name; none: the player named none; other: not a configured one"`
	Country    string  `json:"country" doc:"Two letters, other, or unknown"`
	Sessions   int     `json:"sessions" doc:"Players that watch, live or a recording: they reported in the last 45 s, and not that they have ended"`
	StartupP50 float64 `json:"startup_p50" doc:"Seconds from the wish to play to the first picture"`
	StartupP95 float64 `json:"startup_p95" doc:"The same, for the slowest 5 %"`
	StallRatio float64 `json:"stall_ratio" doc:"Time waited for the buffer by time played and waited"`
	Stalls     int     `json:"stalls"`
	Errors     int     `json:"errors"`
	Bitrate    int64   `json:"bitrate" doc:"Mean, bit/s"`
	Throughput int64   `json:"throughput" doc:"Mean of what players measured, bit/s"`
	Latency    float64 `json:"latency" doc:"Mean seconds behind the live edge; 0: nobody said"`
	Buffer     float64 `json:"buffer" doc:"Mean seconds ready to be played"`
	Watched    float64 `json:"watched" doc:"Hours played"`
}

// Summary is the quality of every group that was heard in the last five minutes.
func (c *Collector) Summary() []Quality {
	now := time.Now()
	var list []Quality
	for _, g := range c.groups.all() {
		t, sessions := g.recent(now), int(g.sessions.Load())
		if sessions == 0 && t == (totals{}) {
			continue
		}
		q := Quality{
			Stream: g.key.stream, CDN: g.key.cdn, Country: g.key.country, Sessions: sessions,
			StartupP50: t.startup.quantile(0.5), StartupP95: t.startup.quantile(0.95),
			Stalls: int(t.stalls), Errors: int(t.errors), Throughput: int64(t.throughput.value()),
			Latency: t.latency.value(), Buffer: t.buffer.value(), Watched: t.played.Hours(),
		}
		if t.played+t.stalled > 0 {
			q.StallRatio = float64(t.stalled) / float64(t.played+t.stalled)
		}
		if t.played > 0 {
			q.Bitrate = int64(float64(t.bytes) * 8 / t.played.Seconds())
		}
		list = append(list, q)
	}
	return list
}
