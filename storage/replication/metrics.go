package replication

import "github.com/prometheus/client_golang/prometheus"

// metrics of one replica.
type metrics struct {
	objects, bytes, retries, lost prometheus.Counter
	failing, waiting              prometheus.Gauge
	lag                           prometheus.Histogram
}

func newMetrics(replica string) *metrics {
	labels := prometheus.Labels{"storage": replica}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_storage_" + name, Help: help, ConstLabels: labels})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "lightstick_storage_" + name, Help: help, ConstLabels: labels})
	}
	return &metrics{
		objects: counter("objects_total", "Objects stored."),
		bytes:   counter("media_bytes_total", "Bytes of segments stored."),
		retries: counter("failures_total", "Requests that failed and were made again."),
		lost:    counter("lost_segments_total", "Segments given up: the disk's share for what waits was full, or they had left the window."),
		failing: gauge("failing", "1 while the storage can't be written to."),
		waiting: gauge("waiting_bytes", "Bytes of segments that are not stored yet."),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightstick_storage_lag_seconds", Help: "From a segment's end to its object in the storage.", ConstLabels: labels,
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 300},
		}),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.objects, m.bytes, m.retries, m.lost, m.failing, m.waiting, m.lag}
}

// Describe implements prometheus.Collector.
func (b *BucketReplica) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(b, ch) }

// Collect implements prometheus.Collector.
func (b *BucketReplica) Collect(ch chan<- prometheus.Metric) {
	for _, c := range b.metrics.all() {
		c.Collect(ch)
	}
}
