package measure

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

// StatusError is an answer that isn't what was asked for.
type StatusError int

// Error is the status, which is a kind.
func (s StatusError) Error() string { return "status " + strconv.Itoa(int(s)) }

// Kinds of errors.
var (
	ErrConnect   = errors.New("connect")
	ErrMalformed = errors.New("malformed answer")
	ErrTooLong   = errors.New("answer too long")
)

// KindOf sorts an error into one of few kinds, of which more are those beside the ones here.
func KindOf(err error, more ...error) string {
	var status StatusError
	var network net.Error
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &status) {
		return status.Error()
	}
	if errors.As(err, &certificate) {
		return "certificate"
	}
	for _, known := range append([]error{ErrConnect, ErrMalformed, ErrTooLong}, more...) {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		(errors.As(err, &network) && network.Timeout()) {
		return "timeout"
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return "connection lost"
		}
	}
	return "other"
}
