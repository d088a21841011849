package httpserver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A peer must take so many bytes in so much time, or in three quarters of it at worst,
// or it is cut off: that is less than 50 kbit/s, too slow for any picture; sound comes in
// answers that are much shorter than a unit.
const (
	writeTimeout = time.Minute
	writeUnit    = 256 << 10
)

// conn is a connection that can't be blocked for long, and that is counted.
type conn struct {
	net.Conn
	limits  *Limits
	address netip.Addr // that it is counted for; invalid: none
	close   sync.Once

	remote net.Addr // the client's, if a proxy told it
	unread []byte   // what came with the PROXY header

	// deadline of writes, in Unix nanoseconds: ours, or notOurs.
	deadline atomic.Int64
}

// notOurs says that whoever uses the connection has set a deadline for writes,
// which stands.
const notOurs = -1

// RemoteAddr is the address of whoever the connection is for.
func (c *conn) RemoteAddr() net.Addr {
	if c.remote != nil {
		return c.remote
	}
	return c.Conn.RemoteAddr()
}

func (c *conn) Read(b []byte) (int, error) {
	if len(c.unread) > 0 {
		n := copy(b, c.unread)
		if c.unread = c.unread[n:]; len(c.unread) == 0 {
			c.unread = nil // its buffer is no longer needed
		}
		return n, nil
	}
	return c.Conn.Read(b)
}

// Write writes b, as long as the peer takes a unit in time.
func (c *conn) Write(b []byte) (written int, err error) {
	for len(b) > writeUnit && err == nil {
		var n int
		n, err = c.writeUnit(b[:writeUnit])
		written, b = written+n, b[n:]
	}
	if err != nil {
		return written, err
	}
	n, err := c.writeUnit(b)
	return written + n, err
}

func (c *conn) writeUnit(b []byte) (int, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// extend moves the deadline when a quarter of it has gone by: not with each write,
// for that has its price.
func (c *conn) extend() error {
	now, deadline := time.Now(), c.deadline.Load()
	if deadline == notOurs || deadline-now.UnixNano() > int64(writeTimeout*3/4) {
		return nil
	}
	next := now.Add(writeTimeout)
	c.deadline.Store(next.UnixNano())
	return c.Conn.SetWriteDeadline(next)
}

// SetDeadline see SetWriteDeadline.
func (c *conn) SetDeadline(t time.Time) error {
	c.yield(t)
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline replaces our deadline by the caller's. No deadline means ours.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.yield(t)
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) yield(t time.Time) {
	if t.IsZero() {
		c.deadline.Store(0)
	} else {
		c.deadline.Store(notOurs)
	}
}

// ReadFrom lets the kernel send files, a unit at a time.
func (c *conn) ReadFrom(r io.Reader) (written int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for limited.N > 0 {
		if err := c.extend(); err != nil {
			return written, err
		}
		// The kernel's way is taken for a file inside of one LimitedReader, not two.
		size := min(limited.N, writeUnit)
		n, err := io.Copy(c.Conn, &io.LimitedReader{R: limited.R, N: size})
		written, limited.N = written+n, limited.N-n
		if err != nil || n < size {
			return written, err
		}
	}
	return written, nil
}

// Plain is the connection below, for those who write without waiting and so need no
// deadlines.
func (c *conn) Plain() net.Conn { return c.Conn }

// WriteBuffers writes several buffers in one system call. Together they should be no
// longer than a unit.
func (c *conn) WriteBuffers(b *net.Buffers) (int64, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	return b.WriteTo(c.Conn)
}

// CloseWrite tells the peer that nothing more comes, if the connection below can.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close ends the connection and its count.
func (c *conn) Close() error {
	c.close.Do(func() { c.limits.leave(c.address) })
	return c.Conn.Close()
}
