package rtmp

import (
	"net"
	"time"
)

// deadlineConn bounds each read and write.
type deadlineConn struct {
	net.Conn
	until func() time.Time // the deadline of a read that begins now
	slack time.Duration    // a read may take so much longer
	armed time.Time
}

// Read implements net.Conn. A deadline is not set for each read: it is set late
// enough for the reads of the next slack.
func (d *deadlineConn) Read(p []byte) (int, error) {
	if until := d.until(); until.After(d.armed) {
		d.armed = until.Add(d.slack)
		if err := d.SetReadDeadline(d.armed); err != nil {
			return 0, err
		}
	}
	return d.Conn.Read(p)
}

// Write implements net.Conn.
func (d *deadlineConn) Write(p []byte) (int, error) {
	if err := d.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return d.Conn.Write(p)
}
