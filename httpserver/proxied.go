package httpserver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"
	"golang.org/x/time/rate"
)

const (
	// proxyTimeout is how long a PROXY header may take: its sender has it at hand.
	proxyTimeout = 5 * time.Second
	// maxProxyHeader bounds one, in bytes: 232 for the longest addresses, the rest for
	// what load balancers add about TLS.
	maxProxyHeader = 4 << 10
	// maxProxyLine bounds one of version 1 (PROXY protocol §2.1).
	maxProxyLine = 107
)

// errProxyHeader reports a trusted proxy's connection that does not begin as it must.
var errProxyHeader = errors.New("no PROXY header")

// proxied is a listener whose trusted proxies begin each connection with the PROXY
// protocol. Nobody above sees a connection before its client's address is known.
//
//	Run: accepts ──┬── others ──────────────────────▶ accepted ──▶ Accept
//	               └── trusted: a goroutine reads ──▶
type proxied struct {
	net.Listener
	limits   *Limits
	log      *slog.Logger
	warn     rate.Sometimes
	accepted chan accepted
	done     chan struct{} // closed by Close

	mu      sync.Mutex
	closed  bool
	waiting map[net.Conn]struct{} // for their header
	wg      sync.WaitGroup
}

type accepted struct {
	conn net.Conn
	err  error
}

// ListenProxied keeps a listener within the limits that is behind proxies that speak the PROXY protocol, version
// 1 or 2. The limits' trusted proxies must begin with a header, which says whom the
// connection is for and is counted; from others a header is not understood. It works
// until Close, which waits for what it started.
func (l *Limits) ListenProxied(inner net.Listener, log *slog.Logger) net.Listener {
	p := &proxied{
		Listener: inner, limits: l, log: log, warn: rate.Sometimes{First: 1, Interval: time.Minute},
		accepted: make(chan accepted), done: make(chan struct{}), waiting: make(map[net.Conn]struct{}),
	}
	p.wg.Go(p.run)
	return p
}

// run accepts until Close. Each error is told to whoever accepts from us, who also
// knows how long to wait then.
func (p *proxied) run() {
	for {
		c, err := p.Listener.Accept()
		if err != nil {
			if !p.deliver(accepted{err: err}) || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		switch peer := peerOf(c.RemoteAddr().String()); {
		case !p.limits.admit(c):
		case p.limits.cfg.Trusted.Trusts(peer):
			p.begin(c)
		default:
			p.finish(&conn{Conn: c, limits: p.limits}, peer)
		}
	}
}

// begin reads a connection's header beside the others'; they are as many as may be
// open at once.
func (p *proxied) begin(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.limits.leave(netip.Addr{})
		_ = c.Close()
		return
	}
	p.waiting[c] = struct{}{}
	p.wg.Go(func() {
		counted, client, err := p.readHeader(c)
		p.mu.Lock()
		delete(p.waiting, c)
		p.mu.Unlock()
		if err != nil {
			p.refuse(c, err)
			return
		}
		p.finish(counted, client)
	})
}

// finish counts a connection by its client's address and gives it to Accept.
func (p *proxied) finish(c *conn, client netip.Addr) {
	if p.limits.attribute(c, client) && !p.deliver(accepted{conn: c}) {
		_ = c.Close()
	}
}

// deliver reports false if nobody accepts any more.
func (p *proxied) deliver(a accepted) bool {
	select {
	case p.accepted <- a:
		return true
	case <-p.done:
		return false
	}
}

// readHeader takes the header off a connection, with the address that it tells: the
// peer's own if the proxy speaks for itself or for something without an IP address.
func (p *proxied) readHeader(c net.Conn) (*conn, netip.Addr, error) {
	if err := c.SetReadDeadline(time.Now().Add(proxyTimeout)); err != nil {
		return nil, netip.Addr{}, err
	}
	header, unread, err := parseProxyHeader(bufio.NewReaderSize(c, maxProxyHeader))
	if err != nil {
		return nil, netip.Addr{}, err
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return nil, netip.Addr{}, err
	}
	counted := &conn{Conn: c, limits: p.limits, unread: unread}
	if header.IsValid() {
		counted.remote = net.TCPAddrFromAddrPort(header)
		return counted, header.Addr(), nil
	}
	return counted, peerOf(c.RemoteAddr().String()), nil
}

// parseProxyHeader reads a header and what came with it. The address is invalid if the
// header tells none: health checks of the proxy (LOCAL), Unix sockets.
func parseProxyHeader(b *bufio.Reader) (client netip.AddrPort, unread []byte, err error) {
	if err := awaitLine(b); err != nil {
		return client, nil, err
	}
	header, err := proxyproto.Read(b)
	if err != nil {
		return client, nil, fmt.Errorf("%w: %w", errProxyHeader, err)
	}
	if header.Command == proxyproto.PROXY && (header.TransportProtocol.IsIPv4() || header.TransportProtocol.IsIPv6()) {
		switch source := header.SourceAddr.(type) {
		case *net.TCPAddr:
			client = source.AddrPort()
		case *net.UDPAddr: // HTTP/3 at the proxy
			client = source.AddrPort()
		}
		if client = netip.AddrPortFrom(client.Addr().Unmap(), client.Port()); !possible(client.Addr()) {
			return netip.AddrPort{}, nil, fmt.Errorf("%w: nobody has the address %v", errProxyHeader, client.Addr())
		}
	}
	if n := b.Buffered(); n > 0 {
		unread, _ = b.Peek(n)
		unread = bytes.Clone(unread) // the buffer is larger
	}
	return client, unread, nil
}

// awaitLine waits until a header of version 1 is there as a whole: the library takes
// none that comes in bits, as TCP may bring it.
func awaitLine(b *bufio.Reader) error {
	if first, err := b.Peek(1); err != nil || first[0] != proxyproto.SIGV1[0] {
		return err
	}
	for n := 1; n <= maxProxyLine; n++ {
		line, err := b.Peek(n)
		if err != nil {
			return err
		}
		if line[n-1] == '\n' {
			break
		}
	}
	return nil
}

// refuse ends a connection without a header. The text is for whoever tries by hand.
// Connections that just end are load balancers' way of asking whether we live.
func (p *proxied) refuse(c net.Conn, err error) {
	p.limits.leave(netip.Addr{})
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		_ = c.Close()
		return
	}
	p.limits.refused.WithLabelValues("proxy_protocol").Inc()
	p.warn.Do(func() {
		p.log.Warn("connection without a PROXY header from a trusted proxy; others within the next minute are not told",
			"remote", c.RemoteAddr().String(), "err", err)
	})
	answer(c, "400 Bad Request", "this address is in http.trusted_proxies: with http.proxy_protocol it must send a PROXY header first\n")
}

// Accept implements net.Listener.
func (p *proxied) Accept() (net.Conn, error) {
	select {
	case a := <-p.accepted:
		return a.conn, a.err
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close stops accepting, cuts off those whose header is awaited and waits for their
// goroutines.
func (p *proxied) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.done)
	for c := range p.waiting {
		_ = c.Close()
	}
	p.mu.Unlock()
	err := p.Listener.Close()
	p.wg.Wait()
	return err
}
