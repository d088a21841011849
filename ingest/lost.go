package ingest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Lost says of the end of a connection what a creator can do about it, where the cause's
// own words are those of a network library. The error wraps ErrLost. idle is how long a
// connection may be silent.
func Lost(cause error, idle time.Duration) error {
	var timeout net.Error
	switch {
	case errors.As(cause, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: nothing came for %v; see whether the encoder still runs, and check its network", ErrLost, idle)
	case errors.Is(cause, io.EOF), errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(cause, syscall.ECONNRESET), errors.Is(cause, syscall.EPIPE):
		return fmt.Errorf("%w: the encoder, or something between, closed the connection without ending the stream; its log may say why", ErrLost)
	}
	return fmt.Errorf("%w: %w", ErrLost, cause)
}
