package http1

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// maxRequest is the longest request that is understood here, in bytes. Players send
// a tenth of it; net/http takes the others.
const maxRequest = 4 << 10

var (
	endOfHeader = []byte("\r\n\r\n")
	lineEnd     = []byte(endOfLine)
	get         = []byte("GET ")
	head        = []byte("HEAD ")
	protocol    = []byte(" HTTP/1.1")
)

const (
	endOfLine = "\r\n"
	keepAlive = "keep-alive"
)

// parser reads requests into one http.Request, which it uses again and again.
type parser struct {
	prefixes []string // of paths
	request  *http.Request
	url      url.URL
	fields   headerFields
}

func newParser(prefixes []string, request *http.Request) *parser {
	p := &parser{prefixes: prefixes, request: request, fields: headerFields{header: make(http.Header)}}
	request.URL, request.Header = &p.url, p.fields.header
	request.Proto, request.ProtoMajor, request.ProtoMinor = "HTTP/1.1", 1, 1
	request.Body = http.NoBody
	return p
}

// parse reads a request from its first byte to the empty line, which is left out. It
// reports whether the request is of the kind that is understood here.
func (p *parser) parse(b []byte) bool {
	line, fields, _ := bytes.Cut(b, lineEnd)
	target, ok := p.parseLine(line)
	if !ok {
		return false
	}
	if p.fields.same(fields) {
		p.request.RequestURI = string(target)
		return p.parseTarget()
	}
	text := string(b) // holds the target and all values: one allocation a request
	p.request.RequestURI = text[len(p.request.Method)+1:][:len(target)]
	if !p.parseTarget() || !p.fields.parse(text[len(text)-len(fields):]) {
		return false
	}
	p.request.Host = p.fields.host
	return true
}

// parseLine takes a request line apart (RFC 9112 §3).
func (p *parser) parseLine(line []byte) (target []byte, ok bool) {
	switch {
	case bytes.HasPrefix(line, get):
		p.request.Method = http.MethodGet
	case bytes.HasPrefix(line, head):
		p.request.Method = http.MethodHead
	default:
		return nil, false
	}
	target, ok = bytes.CutSuffix(line[len(p.request.Method)+1:], protocol)
	return target, ok && plain(target)
}

// parseTarget reads RequestURI, and reports whether its path is one to answer here.
func (p *parser) parseTarget() bool {
	p.url.Path, p.url.RawQuery, _ = strings.Cut(p.request.RequestURI, "?")
	return p.ours() && !strings.ContainsRune(p.url.Path, '%') &&
		!strings.Contains(p.url.Path, "//") && !strings.Contains(p.url.Path, "/.")
}

// ours reports whether the handler answers for the path.
func (p *parser) ours() bool {
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(p.url.Path, prefix) {
			return true
		}
	}
	return false
}

// plain reports whether a request target holds nothing that needs thought.
func plain(target []byte) bool {
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return true
}
