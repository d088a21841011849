package httpserver

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the peers that are believed when they say for whom they ask: CDN,
// load balancer, reverse proxy. Nil are none.
type Proxies struct {
	prefixes []netip.Prefix
	header   string // canonical name
}

// ForwardedFor is the header that most proxies name the client in.
const ForwardedFor = "X-Forwarded-For"

// forwarded is the header of RFC 7239, which has a grammar of its own.
const forwarded = "Forwarded"

// NewProxies makes the set of the addresses in prefixes, which name their client in one
// header: X-Forwarded-For, Forwarded, or one with a single address such as
// CF-Connecting-IP. Only one is ever read: a proxy that writes one of them lets a
// viewer's own copy of the others through.
func NewProxies(prefixes []netip.Prefix, header string) *Proxies {
	return &Proxies{prefixes: prefixes, header: http.CanonicalHeaderKey(header)}
}

// Trusts reports whether an address is one of theirs.
func (p *Proxies) Trusts(a netip.Addr) bool {
	if p == nil || !a.IsValid() {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p.prefixes, func(prefix netip.Prefix) bool { return prefix.Contains(a) })
}

// proxiesKey is the key of a context's Proxies.
type proxiesKey struct{}

// WithProxies is the context that requests' contexts must descend from for ClientAddr
// and BaseURL to believe p: the base context of a server, so that no request pays for it.
func WithProxies(ctx context.Context, p *Proxies) context.Context {
	return context.WithValue(ctx, proxiesKey{}, p)
}

// ClientAddr is the address of whoever a request is made for: the peer's own, unless
// the peer is a trusted proxy that names another. It is invalid only if the connection
// has no IP address. It is worked out with each call: ask once.
func ClientAddr(r *http.Request) netip.Addr {
	peer := peerOf(r.RemoteAddr)
	p, _ := r.Context().Value(proxiesKey{}).(*Proxies)
	if !p.Trusts(peer) {
		return peer
	}
	if client := p.client(r.Header[p.header]); client.IsValid() {
		return client
	}
	return peer
}

// FromProxy reports whether a request comes from a trusted proxy: what else that says
// about the client may be believed then.
func FromProxy(r *http.Request) bool {
	p, _ := r.Context().Value(proxiesKey{}).(*Proxies)
	return p.Trusts(peerOf(r.RemoteAddr))
}

// peerOf is the address in an http.Request's RemoteAddr.
func peerOf(remote string) netip.Addr {
	port, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return port.Addr().Unmap().WithZone("")
}

// BaseURL is how the client called us, such as https://live.example.com, for URLs in
// answers. A trusted proxy may say it by X-Forwarded-Proto and X-Forwarded-Host. What
// is no host is not repeated: then it is the connection's own address.
func BaseURL(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	p, _ := r.Context().Value(proxiesKey{}).(*Proxies)
	if p.Trusts(peerOf(r.RemoteAddr)) {
		if said := strings.ToLower(last(r.Header["X-Forwarded-Proto"])); said == "http" || said == "https" {
			scheme = said
		}
		if said := last(r.Header["X-Forwarded-Host"]); ValidHost(said) {
			host = said
		}
	}
	if !ValidHost(host) {
		host = "localhost"
		if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = a.String()
		}
	}
	return scheme + "://" + host
}

// last is the last element of a list header: what the nearest proxy said.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	value := values[len(values)-1]
	return strings.TrimSpace(value[strings.LastIndexByte(value, ',')+1:])
}

// maxHost is the longest DNS name (RFC 1035 §2.3.4) with a port.
const maxHost = 253 + len(":65535")

// ValidHost reports whether text is a host name, an IPv4 address or an IPv6 address in
// brackets, with a port or without: what may stand in a URL that we write.
func ValidHost(text string) bool {
	host := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && i > strings.LastIndexByte(text, ']') {
		host = text[:i]
		if !digits(text[i+1:]) {
			return false
		}
	}
	if len(text) > maxHost || host == "" {
		return false
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		a, err := netip.ParseAddr(inside)
		return ok && err == nil && a.Is6() && a.Zone() == ""
	}
	for _, c := range []byte(host) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

// digits reports whether text may be a port's number.
func digits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 5
}
