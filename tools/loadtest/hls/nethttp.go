package hls

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// nethttp fetches by net/http, for https:// and HTTP/2. One viewer's loaders share
// its connections.
type nethttp struct {
	cfg    *Config
	client *http.Client
}

func newNetHTTP(ctx context.Context, cfg *Config) *nethttp {
	transport := &http.Transport{
		DialContext:        cfg.dial,
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: cfg.Insecure},
		ForceAttemptHTTP2:  true,
		DisableCompression: true, // it would unpack bodies by itself
	}
	context.AfterFunc(ctx, transport.CloseIdleConnections)
	jar, _ := cookiejar.New(nil) // fails never
	return &nethttp{cfg: cfg, client: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (n *nethttp) fork() fetcher { return n }

func (n *nethttp) get(ctx context.Context, q request, body *[]byte) (response, error) {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, q.origin+string(q.path), nil)
	if err != nil {
		return response{}, fmt.Errorf("%w: %w", errPlaylist, err)
	}
	n.decorate(r, q)
	answer, err := n.client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()
	result := response{
		status: answer.StatusCode, location: answer.Header.Get("Location"),
		gzip: strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip"),
	}
	result.size, err = readAll(answer.Body, body)
	return result, err
}

func (n *nethttp) decorate(r *http.Request, q request) {
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept-Encoding", "identity")
	if n.cfg.Gzip {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	for _, h := range n.cfg.Header {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if q.ranged() {
		r.Header.Set("Range", string(q.appendRange(nil)))
	}
}
