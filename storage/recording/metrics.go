package recording

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	failures, skipped, written prometheus.Counter
	failing                    prometheus.Gauge
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_store_" + name, Help: help})
	}
	return &metrics{
		failures: counter("write_errors_total", "Segments that could not be written to disk."),
		skipped:  counter("skipped_total", "Segments not written because the disk was too slow."),
		written:  counter("written_bytes_total", "Bytes written to disk."),
		failing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lightstick_store_failing", Help: "1 while writes fail; live goes on from memory.",
		}),
	}
}

func (m *metrics) collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.failures, m.skipped, m.written, m.failing} {
		c.Collect(ch)
	}
}
