package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// conn is a connection with what it needs, allocated once.
type conn struct {
	server   *Server
	net      net.Conn
	parser   *parser
	response *response
	ctx      context.Context
	cancel   context.CancelFunc

	buf        []byte
	begin, end int       // of what was read and not used
	deadline   time.Time // of reads
	inside     bool      // a request has begun to arrive: the deadline stands
	idle       atomic.Bool
}

func newConn(s *Server, c net.Conn) *conn {
	ctx, cancel := context.WithCancel(s.base()) // ends with the connection
	request := (&http.Request{RemoteAddr: c.RemoteAddr().String()}).WithContext(ctx)
	return &conn{
		server: s, net: c, ctx: ctx, cancel: cancel, buf: make([]byte, maxRequest),
		parser: newParser(s.cfg.Prefixes, s.kept, request), response: newResponse(c),
	}
}

// serve answers requests until the peer leaves or something fails. It reports whether
// it was a request that is not for us: what was read of it is left.
func (c *conn) serve() (unusual bool) {
	defer c.cancel()
	for {
		size, err := c.read()
		switch {
		case err != nil:
			return false
		case size == 0:
			return true
		}
		if !c.parser.parse(c.buf[c.begin : c.begin+size-len(endOfLine)]) {
			return true
		}
		c.begin += size
		c.response.begin(c.parser.request.Method == http.MethodHead)
		if !c.server.handle(c.response, c.parser.request) || !c.response.finish() || c.server.closing() {
			return false
		}
	}
}

// read waits until a request's header is in the buffer, and returns its size with the
// empty line after it; 0 if it doesn't fit or can't be one of ours.
func (c *conn) read() (size int, err error) {
	searched := 0
	c.inside = false
	for {
		pending := c.buf[c.begin:c.end]
		if i := bytes.Index(pending[max(searched-3, 0):], endOfHeader); i >= 0 {
			return max(searched-3, 0) + i + len(endOfHeader), nil
		}
		if len(pending) == len(c.buf) || !mayBeOurs(pending) || bareLineFeed(pending) {
			return 0, nil
		}
		searched = len(pending)
		if err := c.more(); err != nil {
			return 0, err
		}
	}
}

// mayBeOurs reports whether a request that begins so may be one to answer here: what
// isn't, TLS and HTTP/2 among them, need not be waited for.
func mayBeOurs(b []byte) bool {
	return begins(b, "GET ") || begins(b, "HEAD ")
}

// bareLineFeed reports whether some line ends as HTTP's don't: the empty line may never
// come as it should.
func bareLineFeed(b []byte) bool {
	i := bytes.IndexByte(b, '\n')
	return i == 0 || i > 0 && b[i-1] != '\r'
}

// begins reports whether b begins as s does, as far as it goes.
func begins(b []byte, s string) bool {
	n := min(len(b), len(s))
	return string(b[:n]) == s[:n]
}

// more reads what has come.
func (c *conn) more() error {
	if c.begin == c.end {
		c.begin, c.end = 0, 0
	} else if c.begin > 0 {
		c.end = copy(c.buf, c.buf[c.begin:c.end])
		c.begin = 0
	}
	empty := c.end == 0
	if err := c.allow(empty); err != nil {
		return err
	}
	c.idle.Store(empty)
	if empty && c.server.closing() {
		return net.ErrClosed
	}
	n, err := c.net.Read(c.buf[c.end:])
	c.idle.Store(false)
	c.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// allow sets how long the peer may take: for the next request to begin, or for its
// header to arrive. Between requests the deadline is moved only when a half of it has
// gone by, for that has its price.
func (c *conn) allow(idle bool) error {
	if c.inside {
		return nil
	}
	c.inside = !idle
	now, limit := time.Now(), c.server.cfg.HeaderTimeout
	if idle {
		limit = c.server.cfg.IdleTimeout
		if left := c.deadline.Sub(now); left <= limit && left > limit/2 {
			return nil
		}
	}
	c.deadline = now.Add(limit)
	return c.net.SetReadDeadline(c.deadline)
}

// wake ends the wait for a request that has not begun to arrive.
func (c *conn) wake() {
	if c.idle.Load() {
		_ = c.net.SetReadDeadline(time.Unix(1, 0))
	}
}

// handedOver is the connection for somebody else, who sees it from the first byte that
// was not answered.
func (c *conn) handedOver() net.Conn {
	_ = c.net.SetReadDeadline(time.Time{})
	return &prefixed{Conn: c.net, unread: bytes.Clone(c.buf[c.begin:c.end])}
}

// prefixed is a connection of which some has been read already.
type prefixed struct {
	net.Conn
	unread []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.unread) > 0 {
		n := copy(b, p.unread)
		if p.unread = p.unread[n:]; len(p.unread) == 0 {
			p.unread = nil // a WebSocket lives for hours
		}
		return n, nil
	}
	return p.Conn.Read(b)
}

// Plain is the connection below, which is as good for writing.
func (p *prefixed) Plain() net.Conn { return p.Conn }

// ReadFrom lets the kernel send files, if the connection can.
func (p *prefixed) ReadFrom(r io.Reader) (int64, error) { return io.Copy(p.Conn, r) }
