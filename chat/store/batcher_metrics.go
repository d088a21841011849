package store

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Why entries are dropped.
const (
	dropFull      = iota // the queue was full
	dropInvalid          // the entry can't be kept
	dropStopped          // Run had ended
	dropUnwritten        // Run had to end before they were written
	dropOld              // they could not be written for giveUpAfter
	dropReasons

	kept = -1 // is no reason
)

var dropNames = [dropReasons]string{"full", "invalid", "stopped", "unwritten", "old"}

// batcherMetrics are what a Batcher counts.
type batcherMetrics struct {
	written  atomic.Uint64
	failures atomic.Uint64
	dropped  [dropReasons]atomic.Uint64
	wait     prometheus.Histogram
	write    prometheus.Histogram
	queued   prometheus.GaugeFunc
}

func newBatcherMetrics(b *Batcher) *batcherMetrics {
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60}
	return &batcherMetrics{
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lightstick_chat_store_wait_seconds", Buckets: buckets,
			Help: "From a message's publication to its being kept; of each batch, the oldest."}),
		write: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lightstick_chat_store_write_seconds", Buckets: buckets,
			Help: "Attempts to write a batch."}),
		queued: prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lightstick_chat_store_queued",
			Help: "Messages and events that wait to be kept."}, func() float64 { return float64(len(b.queue)) }),
	}
}

func (m *batcherMetrics) drop(reason, n int) { m.dropped[reason].Add(uint64(n)) }

func (m *batcherMetrics) drops() (n uint64) {
	for i := range m.dropped {
		n += m.dropped[i].Load()
	}
	return n
}

func (m *batcherMetrics) attempt(took, waited time.Duration, n int, err error) {
	m.write.Observe(took.Seconds())
	if err != nil {
		m.failures.Add(1)
		return
	}
	m.written.Add(uint64(n))
	m.wait.Observe(waited.Seconds())
}

var (
	writtenDesc  = prometheus.NewDesc("lightstick_chat_store_written_total", "Messages and events that were kept.", nil, nil)
	failuresDesc = prometheus.NewDesc("lightstick_chat_store_failures_total", "Attempts to write a batch that failed, and were repeated.", nil, nil)
	droppedDesc  = prometheus.NewDesc("lightstick_chat_store_dropped_total", "Messages and events that were not kept, by reason.", []string{"reason"}, nil)
)

// Describe implements prometheus.Collector.
func (b *Batcher) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(b, ch) }

// Collect implements prometheus.Collector.
func (b *Batcher) Collect(ch chan<- prometheus.Metric) {
	m := b.metrics
	ch <- prometheus.MustNewConstMetric(writtenDesc, prometheus.CounterValue, float64(m.written.Load()))
	ch <- prometheus.MustNewConstMetric(failuresDesc, prometheus.CounterValue, float64(m.failures.Load()))
	for i := range m.dropped {
		ch <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(m.dropped[i].Load()), dropNames[i])
	}
	m.wait.Collect(ch)
	m.write.Collect(ch)
	m.queued.Collect(ch)
}
