package rtmp

import (
	"net"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT (linux/tcp.h).
const tcpUserTimeout = 0x12

// boundAcknowledgement ends a TCP connection whose peer acknowledges nothing for so long
// (RFC 5482).
func boundAcknowledgement(conn net.Conn, limit time.Duration) {
	c, ok := tcpOf(conn).(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	// Without it the idle timeout holds.
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(limit.Milliseconds()))
	})
}
