//go:build !linux

package rtmp

import (
	"net"
	"time"
)

// boundAcknowledgement does nothing here: the idle timeout holds.
func boundAcknowledgement(net.Conn, time.Duration) {}
