package rtmp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// loss is the end of a publication by its network, in words that a creator understands. The
// cause is kept for errors.Is.
type loss struct {
	error
	cause error
}

func (l loss) Unwrap() []error { return []error{l.error, l.cause} }

// inWords says what a failed read or write of a connection that publishes means. Errors
// that are not the network's stay as they are.
func inWords(err error, idle time.Duration) error {
	var network net.Error
	switch {
	case errors.Is(err, ingest.ErrLost):
		return err
	case errors.As(err, &network) && network.Timeout() && writing(err):
		return loss{fmt.Errorf("%w: the encoder took nothing of what the server answered for %v; restart it", ingest.ErrLost, writeTimeout), err}
	case errors.As(err, &network), left(err):
		return loss{ingest.Lost(err, idle), err}
	}
	return err
}

func writing(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "write"
}

// left reports whether the client closed its connection.
func left(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// tlsHandshake is the first byte of a TLS client (RFC 8446 §5.1, ContentType).
const tlsHandshake = 0x16

// wrongProtocol says what a client speaks whose first byte is none of RTMP's.
func wrongProtocol(first byte) error {
	switch {
	case first == tlsHandshake:
		return errors.New("handshake: the client speaks TLS, and this is the port for plain RTMP; use rtmp:// or the port of rtmp.tls_listen")
	case first >= 'A' && first <= 'Z':
		return errors.New("handshake: the client speaks HTTP or another text protocol, and not RTMP")
	}
	return nil
}

// describe says what a client did that published nothing.
func describe(err error) string {
	var network net.Error
	switch {
	case errors.As(err, &network) && network.Timeout():
		return "nothing was published within " + setupTimeout.String()
	case left(err):
		return "the client left before it published"
	}
	return err.Error()
}
