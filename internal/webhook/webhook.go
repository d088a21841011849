// Package webhook posts JSON to an address that an operator configured, signed with their
// secret. The address may hold a secret as well: no error shows it.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// SignatureHeader is the field of the signature: "t=UNIX,v1=HEX", where HEX is the
// HMAC-SHA256 of "UNIX.BODY" with the secret.
const SignatureHeader = "X-Lightstick-Signature"

// ErrURL reports an address that can't be posted to.
var ErrURL = errors.New("invalid webhook URL: want an http or https URL with a host")

// Endpoint is where webhooks are posted to.
type Endpoint struct {
	address, secret string
	// Client makes the requests. Its transport may be replaced before the first one.
	Client *http.Client
}

const (
	handshakeTimeout = 5 * time.Second
	idleTimeout      = time.Minute
	maxHeaderBytes   = 64 << 10 // of an answer
)

// New makes an endpoint that has at most so many connections. An empty secret means that
// nothing is signed. Redirects are not followed, so that requests go nowhere else. The
// error is ErrURL.
func New(address, secret string, connections int) (*Endpoint, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrURL
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: connections, MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections,
		IdleConnTimeout: idleTimeout, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeaderBytes, TLSHandshakeTimeout: handshakeTimeout,
	}
	return &Endpoint{address: address, secret: secret, Client: &http.Client{CheckRedirect: stay, Transport: transport}}, nil
}

// Post posts a JSON body with more header fields, and returns the answer, whose body the
// caller closes. ctx bounds it all.
func (e *Endpoint) Post(ctx context.Context, fields map[string]string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, bytes.NewReader(body))
	if err != nil {
		return nil, ErrURL
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Lightstick")
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	if e.secret != "" {
		request.Header.Set(SignatureHeader, sign(e.secret, time.Now(), body))
	}
	response, err := e.Client.Do(request)
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err // without the address
	}
	return response, err
}

// Close lets idle connections go.
func (e *Endpoint) Close() { e.Client.CloseIdleConnections() }

func sign(secret string, now time.Time, body []byte) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
