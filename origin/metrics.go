package origin

import (
	"io"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// kind is a kind of object, as metrics name it.
type kind uint8

const (
	kindUnknown kind = iota
	kindMultivariant
	kindPlaylist
	kindMedia
	kindStatus
	kindTimedObjects
	kindThumbnail
	kindPreview
	kindSteering
	kindRecordingFile
	kindCount
)

var kindNames = [kindCount]string{"unknown", "multivariant", "playlist", "media", "status", "timed_objects", "thumbnail", "preview", "steering", "media"}

type metrics struct {
	requests *prometheus.CounterVec
	bytes    *prometheus.CounterVec

	// The usual labels, looked up once.
	ok   [kindCount]prometheus.Counter
	sent [kindCount]prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_origin_requests_total", Help: "Answers, by kind of object and status code.",
		}, []string{"kind", "code"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_origin_sent_bytes_total", Help: "Bytes of answers' bodies, by kind of object.",
		}, []string{"kind"}),
	}
	for k, name := range kindNames {
		m.ok[k] = m.requests.WithLabelValues(name, "200")
		m.sent[k] = m.bytes.WithLabelValues(name)
	}
	return m
}

// count notes an answer with the size of its body.
func (m *metrics) count(k kind, code, written int) {
	if code != http.StatusOK {
		m.requests.WithLabelValues(kindNames[k], strconv.Itoa(code)).Inc()
	} else {
		m.ok[k].Inc()
	}
	if written > 0 {
		m.sent[k].Add(float64(written))
	}
}

// countingWriter notes status and size.
type countingWriter struct {
	http.ResponseWriter
	code    int
	written int64
}

func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *countingWriter) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.written += int64(n)
	return n, err
}

// ReadFrom lets the kernel send files, as net/http does by itself.
func (c *countingWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, r)
	c.written += n
	return n, err
}

var (
	viewersDesc = prometheus.NewDesc("lightstick_origin_viewers",
		"Players that watch live: those that ask this server for playlists, or report to it, whichever are more.", []string{"stream"}, nil)
	blockedDesc = prometheus.NewDesc("lightstick_origin_blocked_requests",
		"Playlist requests that are held for the next part.", []string{"stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect implements prometheus.Collector. Streams that are gone are left out.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	s.responder.metrics.requests.Collect(ch)
	s.responder.metrics.bytes.Collect(ch)
	s.previews.collect(ch)
	s.responder.traffic.collect(ch)
	s.viewers.dropOld(func(e *viewerEstimate) {
		ch <- prometheus.MustNewConstMetric(viewersDesc, prometheus.GaugeValue, float64(s.viewers.count(e)), string(e.stream))
		ch <- prometheus.MustNewConstMetric(blockedDesc, prometheus.GaugeValue, float64(e.blocked.Load()), string(e.stream))
	})
}
