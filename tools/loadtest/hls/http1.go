package hls

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// userAgent names the tool in servers' logs.
const userAgent = "lightstick-loadtest"

// http1 is a minimal HTTP/1.1 client with one kept connection for each server that
// the playlists lead to: usually one.
type http1 struct {
	cfg     *Config
	shard   *shard
	headers []byte // of every request, after Host
	cookies []byte // "name=value; …"
	conns   map[string]*conn
	request []byte // reused
}

func newHTTP1(cfg *Config, s *shard) *http1 {
	encoding := "identity"
	if cfg.Gzip {
		encoding = "gzip"
	}
	headers := fmt.Appendf(nil, "User-Agent: %s\r\nAccept: */*\r\nAccept-Encoding: %s\r\n", userAgent, encoding)
	for _, h := range cfg.Header {
		headers = append(append(headers, h...), "\r\n"...)
	}
	return &http1{cfg: cfg, shard: s, headers: headers, conns: map[string]*conn{}}
}

func (h *http1) fork() fetcher {
	return &http1{cfg: h.cfg, shard: h.shard, headers: h.headers, cookies: slices.Clone(h.cookies), conns: map[string]*conn{}}
}

func (h *http1) get(ctx context.Context, q request, body *[]byte) (response, error) {
	c, kept := h.conns[q.origin]
	for {
		if c == nil {
			var err error
			if c, err = dial(ctx, h.cfg, q.origin); err != nil {
				return response{}, err
			}
			h.conns[q.origin] = c
		}
		h.compose(q)
		answer, err := c.exchange(h.request, body, h.remember)
		if err == nil && !c.closing {
			return answer, nil
		}
		c.close()
		delete(h.conns, q.origin)
		// A server may close a connection that it kept, whenever it likes: the request
		// is repeated once, as browsers do (RFC 9112 §9.3.1).
		if err == nil || !kept || !c.silent() || ctx.Err() != nil {
			return answer, err
		}
		h.shard.reconnects.Add(1)
		c, kept = nil, false
	}
}

// compose writes the request into h.request.
func (h *http1) compose(q request) {
	b := append(h.request[:0], "GET "...)
	b = append(append(b, q.path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, strings.TrimPrefix(q.origin, "http://")...), "\r\n"...)
	b = append(b, h.headers...)
	if q.ranged() {
		b = append(q.appendRange(append(b, "Range: "...)), "\r\n"...)
	}
	if len(h.cookies) > 0 {
		b = append(append(append(b, "Cookie: "...), h.cookies...), "\r\n"...)
	}
	h.request = append(b, "\r\n"...)
}

// maxCookies bounds what a server may make us send back.
const maxCookies = 4 << 10

// remember keeps a cookie. Those for https are left out; paths and ends are not
// looked at, since a viewer doesn't live long.
func (h *http1) remember(header []byte) {
	pair, attributes, _ := bytes.Cut(header, []byte{';'})
	for a := range bytes.SplitSeq(attributes, []byte{';'}) {
		if bytes.EqualFold(bytes.TrimSpace(a), []byte("Secure")) {
			return
		}
	}
	pair = bytes.TrimSpace(pair)
	name, _, ok := bytes.Cut(pair, []byte{'='})
	if !ok || len(h.cookies)+len(pair) > maxCookies {
		return
	}
	var kept [][]byte
	for old := range bytes.SplitSeq(h.cookies, []byte("; ")) {
		if other, _, _ := bytes.Cut(old, []byte{'='}); len(old) > 0 && !bytes.Equal(other, name) {
			kept = append(kept, old)
		}
	}
	h.cookies = bytes.Join(append(kept, pair), []byte("; "))
}

// address is what to dial for an origin.
func address(origin string) (string, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" {
		return "", fmt.Errorf("%s: a stream that began with http:// leads to %s://", origin, u.Scheme)
	}
	if u.Port() == "" {
		return u.Hostname() + ":80", nil
	}
	return u.Host, nil
}
