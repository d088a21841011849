package http1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
		parser: newParser(s.cfg.Prefixes, request), response: newResponse(c),
	}
}

// serve answers requests until the peer leaves or something fails. It reports whether
// it was a request that is not for us: what was read of it is left.
func (c *conn) serve() (unusual bool) {
	defer c.cancel()
	return c.answer() && !c.refuse()
}

// answer is serve, but for requests whose framing is at fault.
func (c *conn) answer() (unusual bool) {
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
		if len(pending) == len(c.buf) || !mayBeOurs(pending) || bareLineFeed(pending, searched) {
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

// bareLineFeed reports whether some line that ends behind b[from] ends as HTTP's don't:
// the empty line may never come as it should.
func bareLineFeed(b []byte, from int) bool {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return false
		}
		if from += i; from == 0 || b[from-1] != '\r' {
			return true
		}
		from++
	}
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
	return newFramed(c.net, c.buf[c.begin:c.end])
}

// refuse answers 400 if the framing of what was not answered is at fault (see framing),
// and reports whether it was.
func (c *conn) refuse() bool {
	var request framing
	var why fault
	if !errors.As(request.header(c.buf[c.begin:c.end]), &why) {
		return false
	}
	_, err := fmt.Fprintf(c.net, "HTTP/1.1 400 Bad Request\r\nDate: %s\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"+
		"Connection: close\r\nContent-Length: %d\r\n\r\n%s\n", date(), len(why)+1, why)
	if err == nil {
		c.linger()
	}
	return true
}

// lingering is how long a refused client may take to read the refusal, and maxLingering
// how many bytes it may send meanwhile.
const (
	lingering    = 500 * time.Millisecond
	maxLingering = 64 << 10
)

// linger reads on until the client has closed the connection: bytes that nobody reads
// make TCP reset it, which may take the answer away from the client (RFC 9112 §9.6).
func (c *conn) linger() {
	_ = closeWrite(c.net)
	_ = c.net.SetReadDeadline(time.Now().Add(lingering))
	_, _ = io.CopyN(io.Discard, c.net, maxLingering)
}
