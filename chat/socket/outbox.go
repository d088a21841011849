package socket

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
)

// outbox writes to a connection without ever waiting for it.
type outbox struct {
	conn  net.Conn
	raw   syscall.RawConn // of the socket below; nil: always by the goroutine
	limit int             // of pending, in bytes
	kept  *atomic.Int64   // bytes pending in all outboxes; nil: not counted
	start func(func())    // runs a goroutine that somebody waits for

	mu       sync.Mutex
	pending  []byte // what the kernel has not taken
	draining bool   // a goroutine writes, and takes pending next
	closed   bool
	attempt  attempt
}

// drainTimeout is how long a reader may take for what is pending at one time.
const drainTimeout = 20 * time.Second

// Many who read nothing must not take all memory: when more is kept for all of them
// together than maxKeptInAll, each may have fairShare at most. In bytes.
const (
	maxKeptInAll = 256 << 20
	fairShare    = 16 << 10
)

func newOutbox(conn net.Conn, limit int, start func(func())) *outbox {
	o := &outbox{conn: conn, limit: limit, start: start}
	o.raw = rawConn(conn)
	o.attempt.prepare()
	return o
}

// rawConn is the socket at the bottom of a plain connection: nil if there is none, or
// bytes are changed on the way as by TLS.
func rawConn(conn net.Conn) syscall.RawConn {
	for {
		if c, ok := conn.(*net.TCPConn); ok {
			raw, err := c.SyscallConn()
			if err != nil || !canAttempt {
				return nil
			}
			return raw
		}
		wrapper, ok := conn.(interface{ Plain() net.Conn })
		if !ok {
			return nil
		}
		conn = wrapper.Plain()
	}
}

// write takes all of b or fails. It may be called concurrently, and b may be used
// again afterwards. The error of a full outbox is centrifuge.DisconnectSlow; after any
// other the connection is closed: who missed something is not to stay.
func (o *outbox) write(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return net.ErrClosed
	}
	if o.raw != nil && !o.draining {
		n, err := o.attempt.write(o.raw, b)
		if err != nil {
			o.closed = true
			_ = o.conn.Close() // it does not wait
			return err
		}
		if b = b[n:]; len(b) == 0 {
			return nil
		}
	}
	return o.keep(b)
}

// keep adds to what is pending: one frame whatever its length, since a part of it may
// have been written. The lock is held.
func (o *outbox) keep(b []byte) error {
	limit := o.limit
	if o.kept != nil && o.kept.Load() > maxKeptInAll {
		limit = min(limit, fairShare)
	}
	if len(o.pending) > 0 && len(o.pending)+len(b) > limit {
		return centrifuge.DisconnectSlow
	}
	o.add(b)
	return nil
}

func (o *outbox) add(b []byte) {
	o.pending = append(o.pending, b...)
	o.count(len(b))
	if !o.draining {
		o.draining = true
		o.start(o.drain)
	}
}

func (o *outbox) count(n int) {
	if o.kept != nil {
		o.kept.Add(int64(n))
	}
}

// last writes a close frame: it is kept even if the outbox is full.
func (o *outbox) last(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.closed = true
	if o.raw != nil && !o.draining {
		n, err := o.attempt.write(o.raw, b)
		if b = b[n:]; err != nil || len(b) == 0 {
			return
		}
	}
	o.add(b)
}

// drain writes what is pending until nothing is.
func (o *outbox) drain() {
	for {
		o.mu.Lock()
		b := o.pending
		o.pending = nil
		if len(b) == 0 {
			o.draining = false
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		err := o.conn.SetWriteDeadline(time.Now().Add(drainTimeout))
		if err == nil {
			_, err = o.conn.Write(b)
		}
		o.count(-len(b))
		if err == nil { // or it would end what is written when it has passed
			err = o.conn.SetWriteDeadline(time.Time{})
		}
		if err != nil {
			o.abandon()
			return
		}
	}
}

// abandon gives up a connection that has ended, or that takes nothing: its reader sees
// it close.
func (o *outbox) abandon() {
	o.mu.Lock()
	o.count(-len(o.pending))
	o.closed, o.draining, o.pending = true, false, nil
	o.mu.Unlock()
	_ = o.conn.Close()
}
