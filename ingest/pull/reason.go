package pull

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// inWords says what a failed attempt means, where the error has the words of a network
// library, which may show the address.
func inWords(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	var name *net.DNSError
	var network net.Error
	var plain tls.RecordHeaderError
	switch {
	case errors.Is(err, errFingerprint):
		return errFingerprint
	case errors.As(err, &name):
		return reason{"the host's name is not known; check the address, and this machine's DNS", err}
	case errors.Is(err, syscall.ECONNREFUSED):
		return reason{"connection refused: nothing listens there; check host and port, and that the peer runs", err}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return reason{"the host can't be reached from here; check the address, routes and firewalls", err}
	case errors.As(err, &plain), err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return reason{"the peer does not speak TLS on this port; use the address without the s, or the port for TLS", err}
	case untrusted(err):
		return reason{"the peer's certificate is not trusted; put fingerprint=SHA256 or ca=FILE behind a # at the end of the address", err}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return reason{"no answer in time; check host and port, and firewalls", err}
	}
	return err
}

func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host)
}

// reason is a cause in plain words.
type reason struct {
	words string
	cause error
}

func (r reason) Error() string { return r.words }

func (r reason) Unwrap() error { return r.cause }
