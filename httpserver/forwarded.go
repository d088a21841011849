package httpserver

import (
	"net/netip"
	"strings"

	"golang.org/x/net/http/httpguts"
)

const (
	// maxHops is how many proxies are followed back to the client. Real chains have
	// two or three.
	maxHops = 16
	// maxNode bounds one address with brackets and port, in bytes; the longest takes 47.
	maxNode = 64
	// maxForwarded bounds a line of RFC 7239, which must be read from its beginning.
	maxForwarded = 4 << 10
)

// client follows the proxies back from the nearest, as far as they are trusted: what
// lies beyond may be anybody's invention. The result is invalid if something on the way
// is not an address.
func (p *Proxies) client(values []string) netip.Addr {
	var farthest netip.Addr
	hops := 0
	for i := len(values) - 1; i >= 0; i-- {
		nodes := commas(values[i])
		if p.header == forwarded {
			var ok bool
			if nodes, ok = parseForwarded(values[i]); !ok {
				return netip.Addr{}
			}
		}
		for node, ok := nodes.previous(); ok; node, ok = nodes.previous() {
			if hops++; hops > maxHops {
				return netip.Addr{}
			}
			if node == "" {
				continue // RFC 9110 §5.6.1.2: a list may have empty elements
			}
			farthest = parseNode(node)
			if !farthest.IsValid() || !p.Trusts(farthest) {
				return farthest
			}
		}
	}
	return farthest
}

// list is what one line of a header names, to be read from its end.
type list struct {
	text  string   // elements between commas,
	nodes []string // or these
	more  bool
}

func commas(text string) *list { return &list{text: text, more: true} }

func (l *list) previous() (node string, ok bool) {
	if n := len(l.nodes); n > 0 {
		node, l.nodes = l.nodes[n-1], l.nodes[:n-1]
		return node, true
	}
	if !l.more {
		return "", false
	}
	i := strings.LastIndexByte(l.text, ',')
	node, l.more = l.text[i+1:], i >= 0
	l.text = l.text[:max(i, 0)]
	return strings.Trim(node, " \t"), true
}

// parseNode reads an address, with or without a port. It is invalid if nobody can have it.
func parseNode(text string) netip.Addr {
	if len(text) > maxNode {
		return netip.Addr{}
	}
	port := ""
	if inside, rest, ok := strings.Cut(text, "]"); ok {
		text, ok = strings.CutPrefix(inside, "[")
		if !ok || !strings.Contains(text, ":") {
			return netip.Addr{}
		}
		port = rest
	} else if strings.Count(text, ":") == 1 {
		i := strings.IndexByte(text, ':')
		text, port = text[:i], text[i:]
	}
	if port != "" && (port[0] != ':' || !digits(port[1:])) {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}
	}
	if a = a.Unmap(); !possible(a) {
		return netip.Addr{}
	}
	return a
}

// possible reports whether a client can have an address.
func possible(a netip.Addr) bool {
	return a.IsGlobalUnicast() || a.IsLoopback() || a.IsLinkLocalUnicast()
}

// parseForwarded reads the "for" of each element of a line of RFC 7239 §4. It is strict:
// a quote that a viewer opened must not swallow what a proxy wrote behind it.
func parseForwarded(line string) (*list, bool) {
	if len(line) > maxForwarded {
		return nil, false
	}
	l := &list{}
	for rest, more := line, true; more; {
		element := forwardedElement{}
		var ok bool
		if rest, ok = element.parse(rest); !ok {
			return nil, false
		}
		if element.pairs > 0 {
			if element.node == "" {
				element.node = "unknown" // RFC 7239 §6.2; it says no address either
			}
			l.nodes = append(l.nodes, element.node)
		}
		rest, more = strings.CutPrefix(rest, ",")
	}
	return l, true
}

type forwardedElement struct {
	node  string // the value of "for"
	pairs int
}

// parse reads pairs up to a comma or the end, and returns what follows.
func (e *forwardedElement) parse(s string) (rest string, ok bool) {
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == ',' {
			return s, true
		}
		if s[0] == ';' {
			s = s[1:]
			continue
		}
		name, after, found := strings.Cut(s, "=")
		if !found || !httpguts.ValidHeaderFieldName(name) {
			return s, false
		}
		var value string
		if value, s, ok = forwardedValue(after); !ok {
			return s, false
		}
		e.pairs++
		if strings.EqualFold(name, "for") {
			if e.node != "" {
				return s, false // RFC 7239 §4: each parameter once
			}
			e.node = value
		}
		s = strings.TrimLeft(s, " \t")
		if s != "" && s[0] != ',' && s[0] != ';' {
			return s, false
		}
	}
}

// forwardedValue reads a token or a quoted string; what is escaped in one stays so, for
// addresses need no escapes.
func forwardedValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, ",; \t")
		if end < 0 {
			end = len(s)
		}
		// Some proxies forget the quotes around an IPv6 address or a port.
		value = s[:end]
		return value, s[end:], value != "" && !strings.ContainsAny(value, "\"\\=")
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return "", "", false
}
