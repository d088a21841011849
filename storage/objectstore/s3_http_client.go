package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	dialTimeout = 3 * time.Second
	// maxConnections to the endpoint at once; further requests wait for one.
	maxConnections = 128
	// bodyRate is the slowest upload that is not given up, in bytes a second.
	bodyRate = 1 << 20
)

// newHTTPClient bounds whatever may hang.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   2 * dialTimeout,
		ExpectContinueTimeout: time.Second,
		MaxConnsPerHost:       maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       30 * time.Second, // some servers close after 60 s
		ForceAttemptHTTP2:     false,            // one TCP connection for all would be one queue
		DisableCompression:    true,             // objects come as they were stored
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
	}
	return &http.Client{
		Transport: &attemptTransport{transport, timeout},
		// S3's redirects say that the region is wrong, and the signature fits no
		// other host: they are answers.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// attemptTransport gives each attempt its own time limit; http.Client's would cut
// off a long body that is read as slowly as its viewer plays.
type attemptTransport struct {
	*http.Transport
	timeout time.Duration
}

// errAttempt is a time-out of one attempt: the SDK tries again.
type errAttempt struct{ after time.Duration }

func (e *errAttempt) Error() string   { return fmt.Sprintf("no answer within %v", e.after) }
func (e *errAttempt) Timeout() bool   { return true }
func (e *errAttempt) Temporary() bool { return true }

// RoundTrip implements http.RoundTripper.
func (t *attemptTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	limit := t.timeout + time.Duration(max(r.ContentLength, 0))*time.Second/bodyRate
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(limit, func() { cancel(&errAttempt{limit}) })
	response, err := t.Transport.RoundTrip(r.WithContext(ctx))
	timer.Stop()
	if err != nil {
		err = attemptError(ctx, err)
		cancel(nil)
		return nil, err
	}
	pause := time.AfterFunc(t.timeout, func() { cancel(&errAttempt{t.timeout}) })
	pause.Stop()
	response.Body = &attemptBody{response.Body, ctx, cancel, pause, t.timeout}
	return response, nil
}

// attemptError prefers our own reason for cancelling.
func attemptError(ctx context.Context, err error) error {
	var timeout *errAttempt
	if errors.As(context.Cause(ctx), &timeout) {
		return timeout
	}
	return err
}

// attemptBody lets the server pause for so long, and its reader for as long as it
// likes.
type attemptBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	pause  *time.Timer
	limit  time.Duration
}

func (b *attemptBody) Read(p []byte) (int, error) {
	b.pause.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.pause.Stop()
	if err != nil && err != io.EOF {
		err = attemptError(b.ctx, err)
	}
	return n, err
}

func (b *attemptBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
