package guard

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config of a listener. Zero values mean no limit.
type Config struct {
	Max   int // connections at once
	PerIP int // connections at once from one IPv4 address or IPv6 /64
}

// Listener accepts connections within its limits. Those above them are told so and
// closed.
type Listener struct {
	net.Listener
	limits *Limits
}

// Limits are shared by the listeners of a server.
type Limits struct {
	cfg Config

	mu    sync.Mutex
	total int
	byIP  map[netip.Addr]int

	refused     *prometheus.CounterVec
	connections prometheus.GaugeFunc
}

// NewLimits makes limits without connections.
func NewLimits(cfg Config) *Limits {
	l := &Limits{cfg: cfg, byIP: make(map[netip.Addr]int)}
	l.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lightstick_http_refused_connections_total", Help: "Connections above a limit, by limit.",
	}, []string{"limit"})
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

// Listen guards a listener.
func (l *Limits) Listen(inner net.Listener) *Listener { return &Listener{Listener: inner, limits: l} }

// Accept waits for a connection within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(c)
		if limit := l.limits.enter(address); limit != "" {
			l.limits.refused.WithLabelValues(limit).Inc()
			refuse(c)
			continue
		}
		return &conn{Conn: c, limits: l.limits, address: address}, nil
	}
}

// addressOf is the peer's address as it is counted: an IPv6 host has a whole /64.
func addressOf(c net.Conn) netip.Addr {
	port, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	address := port.Addr().Unmap().WithZone("")
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.Addr()
		}
	}
	return address
}

// enter counts a connection, or names the limit that it is above.
func (l *Limits) enter(a netip.Addr) (limit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cfg.Max > 0 && l.total >= l.cfg.Max:
		return "total"
	case l.cfg.PerIP > 0 && l.byIP[a] >= l.cfg.PerIP:
		return "ip"
	}
	l.total++
	if l.cfg.PerIP > 0 {
		l.byIP[a]++
	}
	return ""
}

func (l *Limits) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.cfg.PerIP == 0 {
		return
	}
	if l.byIP[a]--; l.byIP[a] == 0 {
		delete(l.byIP, a)
	}
}

// refusal answers whatever would have been asked; over TLS it is just an end.
const refusal = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nCache-Control: no-store\r\n" +
	"Access-Control-Allow-Origin: *\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\ntoo many connections\n"

func refuse(c net.Conn) {
	// The answer fits into an empty socket buffer: this does not wait.
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = c.Write([]byte(refusal))
	_ = c.Close()
}
