package hls

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// conn is a connection that exchanges one request after the other.
type conn struct {
	net.Conn
	reader   *bufio.Reader // small: bodies go past it
	timeout  time.Duration
	deadline time.Time
	unwatch  func() bool
	begun    bool // an answer to the last request has begun
	closing  bool // no further request on this connection
}

const (
	// headerBuffer is also the longest header line.
	headerBuffer = 4 << 10
	maxHeaders   = 100
	// deadlineSlack saves setting a timer for each request: an answer may take up to
	// this much longer than the timeout.
	deadlineSlack = time.Second
)

// dial connects; the connection closes when ctx ends.
func dial(ctx context.Context, cfg *Config, origin string) (*conn, error) {
	to, err := address(origin)
	if err != nil {
		return nil, err
	}
	nc, err := cfg.dial(ctx, "tcp", to)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", measure.ErrConnect, err)
	}
	return &conn{
		Conn: nc, reader: bufio.NewReaderSize(nc, headerBuffer), timeout: cfg.Timeout,
		unwatch: context.AfterFunc(ctx, func() { _ = nc.Close() }),
	}, nil
}

func (c *conn) close() {
	c.unwatch()
	_ = c.Conn.Close()
}

// silent reports that not a byte of the last answer came.
func (c *conn) silent() bool { return !c.begun }

// exchange sends a request and reads its answer. cookie gets each Set-Cookie.
func (c *conn) exchange(request []byte, body *[]byte, cookie func([]byte)) (response, error) {
	c.begun = false
	if needed := time.Now().Add(c.timeout); c.deadline.Before(needed) {
		c.deadline = needed.Add(deadlineSlack)
		if err := c.SetDeadline(c.deadline); err != nil {
			return response{}, err
		}
	}
	if _, err := c.Write(request); err != nil {
		return response{}, err
	}
	h, err := c.readHeader(cookie)
	for err == nil && h.status < 200 { // informational, RFC 9110 §15.2
		h, err = c.readHeader(cookie)
	}
	if err != nil {
		return h.response, err
	}
	h.size, err = c.readBody(h, body)
	return h.response, err
}

// header is what matters of an answer's header.
type header struct {
	response
	length  int64 // of the body; -1: not given
	chunked bool
}

func (c *conn) readHeader(cookie func([]byte)) (header, error) {
	h := header{length: -1}
	line, err := c.readLine()
	if err != nil {
		return h, err
	}
	// "HTTP/1.1 200 OK"
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return h, fmt.Errorf("%w: %.40q", measure.ErrMalformed, line)
	}
	c.closing = line[7] == '0'
	h.status = int(number(line[9:12]))
	if h.status < 100 {
		return h, fmt.Errorf("%w: %.40q", measure.ErrMalformed, line)
	}
	for range maxHeaders {
		if line, err = c.readLine(); err != nil {
			return h, err
		}
		if len(line) == 0 {
			return h, nil
		}
		c.field(&h, line, cookie)
	}
	return h, fmt.Errorf("%w: more than %d headers", measure.ErrMalformed, maxHeaders)
}

// field takes a header line. Lines are told apart by their length first: comparing
// each with every name would cost more than all the rest.
func (c *conn) field(h *header, line []byte, cookie func([]byte)) {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return
	}
	name, value := line[:colon], bytes.TrimSpace(line[colon+1:])
	is := func(want string) bool { return bytes.EqualFold(name, []byte(want)) }
	switch colon {
	case len("Location"):
		if is("Location") {
			h.location = string(value)
		}
	case len("Set-Cookie"): // and Connection
		if is("Set-Cookie") {
			cookie(value)
		} else if is("Connection") && bytes.EqualFold(value, []byte("close")) {
			c.closing = true
		}
	case len("Content-Length"):
		if is("Content-Length") && len(value) > 0 {
			h.length = number(value)
		}
	case len("Content-Encoding"):
		h.gzip = h.gzip || (is("Content-Encoding") && bytes.EqualFold(value, []byte("gzip")))
	case len("Transfer-Encoding"):
		h.chunked = h.chunked || (is("Transfer-Encoding") && bytes.EqualFold(value, []byte("chunked")))
	}
}

// readLine reads a line without its end. It is good until the next read.
func (c *conn) readLine() ([]byte, error) {
	line, err := c.reader.ReadSlice('\n')
	c.begun = c.begun || len(line) > 0
	if err == bufio.ErrBufferFull {
		return nil, fmt.Errorf("%w: header line", measure.ErrTooLong)
	}
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// readBody reads a body by RFC 9112 §6.3 and returns its size.
func (c *conn) readBody(h header, body *[]byte) (int64, error) {
	most := limit(body)
	switch {
	case h.status == 204 || h.status == 304:
		return 0, nil
	case h.chunked:
		return c.readChunks(body, most)
	case h.length > most:
		return 0, measure.ErrTooLong
	case h.length >= 0:
		return h.length, c.take(h.length, body)
	}
	c.closing = true
	return readAll(c.reader, body) // up to the end of the connection
}

func (c *conn) readChunks(body *[]byte, most int64) (total int64, err error) {
	for {
		line, err := c.readLine()
		if err != nil {
			return total, err
		}
		digits, _, _ := bytes.Cut(line, []byte{';'})
		size, err := strconv.ParseInt(string(bytes.TrimSpace(digits)), 16, 64)
		if err != nil || size < 0 {
			return total, fmt.Errorf("%w: chunk size %.20q", measure.ErrMalformed, line)
		}
		if size == 0 {
			break
		}
		if total += size; size > most || total > most {
			return total, measure.ErrTooLong
		}
		if err := c.take(size, body); err != nil {
			return total, err
		}
		if line, err = c.readLine(); err != nil {
			return total, err
		} else if len(line) > 0 {
			return total, fmt.Errorf("%w: end of a chunk", measure.ErrMalformed)
		}
	}
	for range maxHeaders { // trailers
		if line, err := c.readLine(); err != nil || len(line) == 0 {
			return total, err
		}
	}
	return total, fmt.Errorf("%w: trailers", measure.ErrMalformed)
}

// take reads n bytes into body, or throws them away: what the reader has already,
// then straight from the socket.
func (c *conn) take(n int64, body *[]byte) error {
	if body != nil {
		return c.keep(n, body)
	}
	buffered := min(int64(c.reader.Buffered()), n)
	if _, err := c.reader.Discard(int(buffered)); err != nil {
		return err
	}
	waste := scratch.Get().(*[]byte)
	defer scratch.Put(waste)
	for n -= buffered; n > 0; {
		got, err := c.Read((*waste)[:min(n, int64(cap(*waste)))])
		if n -= int64(got); err != nil && n > 0 {
			return err
		}
	}
	return nil
}

// keep reads n bytes into body, which grows as they come.
func (c *conn) keep(n int64, body *[]byte) error {
	for n > 0 {
		step, old := int(min(n, 32<<10)), len(*body)
		*body = slices.Grow(*body, step)[:old+step]
		if _, err := io.ReadFull(c.reader, (*body)[old:]); err != nil {
			return err
		}
		n -= int64(step)
	}
	return nil
}
