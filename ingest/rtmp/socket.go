package rtmp

import (
	"errors"
	"net"
	"os"
	"time"
)

// deadlineConn bounds each read and write.
type deadlineConn struct {
	net.Conn
	until func() time.Time // the deadline of a read that begins now
	slack time.Duration    // a read may end so much earlier
	armed time.Time        // the deadline that is set
	// silent is told when nothing came until the deadline, for the so manieth time in a row,
	// and whether the read goes on; nil: it doesn't.
	silent func(times int) bool
}

// Read implements net.Conn. A deadline is set anew when it would move by the slack, or
// come earlier, and not for each read.
func (d *deadlineConn) Read(p []byte) (n int, err error) {
	for times := 1; ; times++ {
		if until := d.until(); d.armed.IsZero() || until.Sub(d.armed) >= d.slack || until.Before(d.armed) {
			if err := d.SetReadDeadline(until); err != nil {
				return 0, err
			}
			d.armed = until
		}
		n, err = d.Conn.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || d.silent == nil || !d.silent(times) {
			return n, err
		}
	}
}

// Write implements net.Conn.
func (d *deadlineConn) Write(p []byte) (int, error) {
	if err := d.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return d.Conn.Write(p)
}
