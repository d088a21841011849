package httpserver

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/internal/clientnet"
	"github.com/globalfandom/lightstick/internal/cors"
)

// LimitsConfig says how many connections there may be. Zero values mean no limit.
type LimitsConfig struct {
	Max   int // connections at once
	PerIP int // connections at once from one IPv4 address or IPv6 /64
	// Trusted proxies' own connections are many people's: PerIP is not for them.
	Trusted *Proxies
}

// Listener accepts connections within its limits. Those above them are told so and
// closed.
type Listener struct {
	net.Listener
	limits *Limits
}

// Limits are shared by the listeners of a server.
type Limits struct {
	cfg LimitsConfig

	mu    sync.Mutex
	total int
	byIP  map[netip.Addr]int

	refused     *prometheus.CounterVec
	connections prometheus.GaugeFunc
}

// NewLimits makes limits without connections.
func NewLimits(cfg LimitsConfig) *Limits {
	l := &Limits{cfg: cfg, byIP: make(map[netip.Addr]int)}
	l.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lightstick_http_refused_connections_total", Help: "Connections above a limit, or without the PROXY header that is due, by limit.",
	}, []string{"limit"})
	for _, limit := range []string{"total", "ip", "proxy_protocol"} { // an alert on a rate needs a value to begin at
		l.refused.WithLabelValues(limit)
	}
	l.connections = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lightstick_http_connections", Help: "Open connections of viewers, CDNs and API clients.",
	}, func() float64 {
		l.mu.Lock()
		defer l.mu.Unlock()
		return float64(l.total)
	})
	return l
}

// Describe implements prometheus.Collector.
func (l *Limits) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(l, ch) }

// Collect implements prometheus.Collector.
func (l *Limits) Collect(ch chan<- prometheus.Metric) {
	l.refused.Collect(ch)
	l.connections.Collect(ch)
}

// Listen keeps a listener within the limits.
func (l *Limits) Listen(inner net.Listener) *Listener { return &Listener{Listener: inner, limits: l} }

// Accept waits for a connection within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.limits.admit(c) {
			continue
		}
		limited := &conn{Conn: c, limits: l.limits}
		if l.limits.attribute(limited, peerOf(c.RemoteAddr().String())) {
			return limited, nil
		}
	}
}

// admit counts a connection, or refuses it above the total.
func (l *Limits) admit(c net.Conn) bool {
	l.mu.Lock()
	full := l.cfg.Max > 0 && l.total >= l.cfg.Max
	if !full {
		l.total++
	}
	l.mu.Unlock()
	if full {
		l.refuse(c, "total")
	}
	return !full
}

// attribute counts an admitted connection as its client's, or refuses it above the
// limit for one.
func (l *Limits) attribute(c *conn, client netip.Addr) bool {
	if l.cfg.PerIP == 0 || !client.IsValid() || l.cfg.Trusted.Trusts(client) {
		return true
	}
	counted := clientnet.Addr(client)
	l.mu.Lock()
	full := l.byIP[counted] >= l.cfg.PerIP
	if full {
		l.total--
	} else {
		l.byIP[counted]++
		c.address = counted
	}
	l.mu.Unlock()
	if full {
		l.refuse(c.Conn, "ip")
	}
	return !full
}

// leave ends the count of a connection; a is invalid if it was not counted as anybody's.
func (l *Limits) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if !a.IsValid() {
		return
	}
	if l.byIP[a]--; l.byIP[a] == 0 {
		delete(l.byIP, a)
	}
}

func (l *Limits) refuse(c net.Conn, limit string) {
	l.refused.WithLabelValues(limit).Inc()
	answer(c, "503 Service Unavailable\r\nRetry-After: 5", "too many connections\n")
}

// answer ends a connection with a text, whatever would have been asked; over TLS it is
// just an end.
func answer(c net.Conn, status, text string) {
	// It fits into an empty socket buffer: this does not wait.
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %s\r\nConnection: close\r\nCache-Control: no-store\r\n"+cors.AnyOriginField+
		"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, len(text), text)
	_ = c.Close()
}
