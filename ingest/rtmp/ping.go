package rtmp

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/bluenviron/gortmplib/pkg/message"
)

// A publisher from whom nothing comes may be alive: without sound a screen that stands still
// has nothing to send. Each twelfth of the idle time they are asked by a ping request (RTMP 1.0
// §7.1.7). Whoever answers stays. Some never do, FFmpeg among them, for it reads only when it
// writes: they have the idle time. A host that is gone doesn't acknowledge the pings.
const (
	pings = 12
	// unacknowledged is how long a host may leave a ping unacknowledged (RFC 5482).
	unacknowledged = 10 * time.Second
)

// silent asks a publisher whether they are there, when nothing has come for so many pings'
// time. It reports whether to wait on.
func (c *connection) silent(times int) bool {
	if c.session == nil || times >= pings {
		return false
	}
	now := uint32(time.Since(c.begun).Milliseconds())
	return c.writer.Write(&message.UserControlPingRequest{ServerTime: now}) == nil
}

// tcpOf is the TCP connection below TLS.
func tcpOf(conn net.Conn) net.Conn {
	if secure, ok := conn.(*tls.Conn); ok {
		return secure.NetConn()
	}
	return conn
}
