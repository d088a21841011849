package purge

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	purges, failures *prometheus.CounterVec
}

var waitingDesc = prometheus.NewDesc("lightstick_purge_waiting", "Objects that a CDN has not purged yet.", []string{"cdn"}, nil)

func newMetrics() *metrics {
	return &metrics{
		purges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_purges_total", Help: "Objects to purge, by what became of them: done, given_up or refused.",
		}, []string{"cdn", "result"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_purge_failures_total", Help: "Calls that failed; they are made again.",
		}, []string{"cdn"}),
	}
}

// Describe implements prometheus.Collector.
func (q *Queue) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(q, ch) }

// Collect implements prometheus.Collector.
func (q *Queue) Collect(ch chan<- prometheus.Metric) {
	q.metrics.purges.Collect(ch)
	q.metrics.failures.Collect(ch)
	for _, s := range q.Status() {
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(s.Waiting), s.Name)
	}
}

// begin exports a target's counters from zero on, so that their first rise is seen.
func (m *metrics) begin(target string) {
	for _, result := range []string{"done", "given_up", "refused"} {
		m.purges.WithLabelValues(target, result)
	}
	m.failures.WithLabelValues(target)
}
