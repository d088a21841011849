package recording

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	failures, skipped, written prometheus.Counter
	failing                    prometheus.Gauge
}

func newMetrics() metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_store_" + name, Help: help})
	}
	return metrics{
		failures: counter("write_errors_total", "Segments that could not be written to disk."),
		skipped:  counter("skipped_total", "Segments not written because the disk was too slow."),
		written:  counter("written_bytes_total", "Bytes written to disk."),
		failing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lightstick_store_failing", Help: "1 while writes fail; live goes on from memory.",
		}),
	}
}

// Describe implements prometheus.Collector.
func (a *Archive) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(a, ch) }

// Collect implements prometheus.Collector.
func (a *Archive) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{a.metrics.failures, a.metrics.skipped, a.metrics.written, a.metrics.failing} {
		c.Collect(ch)
	}
}
