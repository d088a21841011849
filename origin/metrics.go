package origin

import (
	"io"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/media"
)

type metrics struct {
	requests *prometheus.CounterVec
	bytes    *prometheus.CounterVec
}

func newMetrics() *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_origin_requests_total", Help: "Answers, by kind of object and status code.",
		}, []string{"kind", "code"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_origin_sent_bytes_total", Help: "Bytes of answers' bodies, by kind of object.",
		}, []string{"kind"}),
	}
}

// count wraps a handler of one kind of object.
func (m *metrics) count(kind string, h http.HandlerFunc) http.Handler {
	bytes := m.bytes.WithLabelValues(kind)
	ok := m.requests.WithLabelValues(kind, "200")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &countingWriter{ResponseWriter: w}
		h(c, r)
		bytes.Add(float64(c.written))
		if c.code == 0 || c.code == http.StatusOK {
			ok.Inc()
			return
		}
		m.requests.WithLabelValues(kind, strconv.Itoa(c.code)).Inc()
	})
}

// countingWriter notes status and size. Unwrap gives deadlines and flushing back.
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
		"Estimate of players that watch through this server.", []string{"stream"}, nil)
	blockedDesc = prometheus.NewDesc("lightstick_origin_blocked_requests",
		"Playlist requests that are held for the next part.", []string{"stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect implements prometheus.Collector. Streams that are gone are left out.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	s.metrics.requests.Collect(ch)
	s.metrics.bytes.Collect(ch)
	s.audiences.m.Range(func(key, value any) bool {
		id, a := key.(media.StreamID), value.(*audience)
		if _, live := s.directory.Live(id); !live {
			s.audiences.m.Delete(key)
			return true
		}
		ch <- prometheus.MustNewConstMetric(viewersDesc, prometheus.GaugeValue, float64(a.viewers()), string(id))
		ch <- prometheus.MustNewConstMetric(blockedDesc, prometheus.GaugeValue, float64(a.blocked.Load()), string(id))
		return true
	})
}
