package loadtest

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

// statusError is an answer that isn't what was asked for.
type statusError int

func (s statusError) Error() string { return "status " + strconv.Itoa(int(s)) }

var (
	errConnect   = errors.New("connect")
	errMalformed = errors.New("malformed answer")
	errTooLong   = errors.New("answer too long")
	errPlaylist  = errors.New("malformed playlist")
	errNoReload  = errors.New("no blocking reload offered")
	errStale     = errors.New("reload answered without news")
	errRewound   = errors.New("playlist went back")
	errTooMuch   = errors.New("absurd playlist")
	errRedirects = errors.New("too many redirects")
)

// kindOf sorts an error into one of few kinds.
func kindOf(err error) string {
	var status statusError
	var network net.Error
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &status) {
		return status.Error()
	}
	if errors.As(err, &certificate) {
		return "certificate"
	}
	for _, known := range []error{
		errConnect, errMalformed, errTooLong, errPlaylist, errNoReload, errStale, errRewound, errTooMuch, errRedirects,
	} {
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
