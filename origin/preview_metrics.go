package origin

import "github.com/prometheus/client_golang/prometheus"

// previewMetrics count what became of the preview pictures that were not in memory.
type previewMetrics struct {
	drawings               *prometheus.CounterVec
	drawn, failed, refused prometheus.Counter
}

func newPreviewMetrics() previewMetrics {
	drawings := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lightstick_origin_preview_drawings_total",
		Help: "Preview pictures of segments that were not in memory: drawn, failed, or refused because too many waited.",
	}, []string{"result"})
	return previewMetrics{
		drawings: drawings, drawn: drawings.WithLabelValues("drawn"),
		failed: drawings.WithLabelValues("failed"), refused: drawings.WithLabelValues("refused"),
	}
}

var previewBytesDesc = prometheus.NewDesc("lightstick_origin_preview_memory_bytes", "Preview pictures in memory.", nil, nil)

func (p *previews) collect(ch chan<- prometheus.Metric) {
	p.metrics.drawings.Collect(ch)
	ch <- prometheus.MustNewConstMetric(previewBytesDesc, prometheus.GaugeValue, float64(p.kept.bytes()))
}
