// Package httpget asks web servers for media, for clients that fetch streams: each answer
// and each of its reads is bounded in time, redirects are few and keep to HTTP, and what a
// server refuses is said in words of package ingest.
package httpget

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// Patience bounds the wait for a connection, for an answer, and for more of it.
	Patience = 10 * time.Second
	// wholePatience bounds the time of an answer that is read as a whole.
	wholePatience = time.Minute
	// maxRedirects is how many redirects are followed.
	maxRedirects = 5
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 64 << 10
)

// Client asks one web server, and those that it refers to. Close must be called.
type Client struct{ http http.Client }

// New makes a client. config is that of https://; nil is what the system trusts.
func New(config *tls.Config) *Client {
	return NewOver(&http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true,
		DialContext:         (&net.Dialer{Timeout: Patience}).DialContext,
		TLSHandshakeTimeout: Patience, ResponseHeaderTimeout: Patience, MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
	})
}

// NewOver makes a client over a transport, which tests may replace.
func NewOver(transport http.RoundTripper) *Client {
	return &Client{http.Client{Transport: transport, CheckRedirect: checkRedirect}}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

var (
	errRedirects = errors.New("the server redirects again and again; use the address that it leads to")
	errScheme    = errors.New("the server redirects to an address that is not HTTP, or no longer encrypted; use the address that it leads to")
)

// checkRedirect follows few redirects, from http:// to https:// too, but not back. The next
// server is not told where the redirect came from: the query may hold a secret.
func checkRedirect(r *http.Request, via []*http.Request) error {
	r.Header.Del("Referer")
	switch last := via[len(via)-1].URL.Scheme; {
	case len(via) > maxRedirects:
		return errRedirects
	case r.URL.Scheme != last && r.URL.Scheme != "https":
		return errScheme
	}
	return nil
}

// errSlow reports that nothing more of an answer came.
var errSlow = fmt.Errorf("%w: nothing came for %v; check the server, and the network", ingest.ErrLost, Patience)

// Get asks for an address, or with a range for so many bytes of it (size > 0). The body must
// be closed.
func (c *Client) Get(ctx context.Context, address *url.URL, first, size int64) (*Answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, errors.New("the address can't be asked for")
	}
	request.Header.Set("User-Agent", "lightstick")
	status := http.StatusOK
	if size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, first+size-1))
		status = http.StatusPartialContent
	}
	response, err := c.http.Do(request)
	if err != nil {
		cancel(nil)
		var shown *url.Error // with the address, which may be secret
		if errors.As(err, &shown) {
			err = shown.Err
		}
		return nil, err
	}
	if err := refusal(response, status); err != nil {
		_ = response.Body.Close()
		cancel(nil)
		return nil, err
	}
	a := &Answer{URL: response.Request.URL, Type: response.Header.Get("Content-Type"), body: response.Body, cancel: cancel, ctx: ctx}
	a.timer = time.AfterFunc(Patience, func() { cancel(errSlow) })
	a.timer.Stop() // it runs while somebody reads
	return a, nil
}

// refusal is why a server did not give what was asked for.
func refusal(r *http.Response, want int) error {
	switch r.StatusCode {
	case want:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w (HTTP %d)", ingest.ErrCredentials, r.StatusCode)
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%w (HTTP %d)", ingest.ErrNoStream, r.StatusCode)
	}
	return fmt.Errorf("the server answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))
}

// Answer is the body of an answer. A read for which nothing comes ends with an error that
// wraps ingest.ErrLost.
type Answer struct {
	URL  *url.URL // after redirects
	Type string   // Content-Type

	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// Read implements io.Reader.
func (a *Answer) Read(b []byte) (int, error) {
	a.timer.Reset(Patience)
	n, err := a.body.Read(b)
	a.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		if cause := context.Cause(a.ctx); errors.Is(cause, errSlow) {
			err = cause
		}
	}
	return n, err
}

// Close ends the answer.
func (a *Answer) Close() error {
	a.timer.Stop()
	err := a.body.Close()
	a.cancel(nil)
	return err
}

// ErrLarge reports an answer that is longer than what is taken.
var ErrLarge = fmt.Errorf("%w: an answer of the server", ingest.ErrTooLarge)

// All reads a whole answer of at most so many bytes.
func (c *Client) All(ctx context.Context, address *url.URL, first, size, most int64) ([]byte, *Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wholePatience, errSlow)
	defer cancel()
	a, err := c.Get(ctx, address, first, size)
	if err != nil {
		return nil, nil, err
	}
	defer a.Close()
	b, err := io.ReadAll(io.LimitReader(a, most+1))
	switch {
	case err != nil:
		return nil, nil, err
	case int64(len(b)) > most:
		return nil, nil, fmt.Errorf("%w is longer than %d bytes", ErrLarge, most)
	}
	return b, a, nil
}
