package wire

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
	endOfLine   = []byte("\r\n")
	protocol    = []byte(" HTTP/1.1")
)

// parser reads requests into one http.Request, which it uses again and again.
type parser struct {
	prefix  string // of paths
	request *http.Request
	url     url.URL
	fields  []byte // the last request's header fields, as they came
}

func newParser(prefix string, request *http.Request) *parser {
	p := &parser{prefix: prefix, request: request}
	request.URL, request.Header = &p.url, make(http.Header, 4)
	request.Proto, request.ProtoMajor, request.ProtoMinor = "HTTP/1.1", 1, 1
	request.Body = http.NoBody
	return p
}

// parse reads a request from its first byte to the empty line, which is left out. It
// reports whether the request is of the kind that is understood here.
func (p *parser) parse(b []byte) bool {
	line, fields, _ := bytes.Cut(b, endOfLine)
	return p.parseLine(line) && p.parseFields(fields)
}

func (p *parser) parseLine(line []byte) bool {
	method, target, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return false
	}
	switch string(method) {
	case http.MethodGet:
		p.request.Method = http.MethodGet
	case http.MethodHead:
		p.request.Method = http.MethodHead
	default:
		return false
	}
	if target, ok = bytes.CutSuffix(target, protocol); !ok || !plain(target) {
		return false
	}
	p.request.RequestURI = string(target)
	p.url.Path, p.url.RawQuery, _ = strings.Cut(p.request.RequestURI, "?")
	return strings.HasPrefix(p.url.Path, p.prefix) && !strings.ContainsRune(p.url.Path, '%') &&
		!strings.Contains(p.url.Path, "//") && !strings.Contains(p.url.Path, "/.")
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

// parseFields reads the header fields. A player sends the same with each request: then
// they are not read again.
func (p *parser) parseFields(fields []byte) bool {
	if len(p.fields) > 0 && bytes.Equal(fields, p.fields) {
		return true
	}
	p.fields = p.fields[:0]
	clear(p.request.Header)
	hosts := 0
	for rest := fields; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, endOfLine)
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || !token(name) || bytes.ContainsFunc(value, control) {
			return false
		}
		if !p.field(string(bytes.ToLower(name)), string(bytes.Trim(value, " \t")), &hosts) {
			return false
		}
	}
	if hosts != 1 {
		return false // RFC 9112 §3.2
	}
	p.fields = append(p.fields, fields...)
	return true
}

// field takes a header field; name is in lower case. It reports whether a request that
// has it is of the kind that is understood here.
func (p *parser) field(name, value string, hosts *int) bool {
	switch name {
	case "host":
		*hosts++
		p.request.Host = value
	case "connection":
		return strings.EqualFold(value, "keep-alive")
	case "content-length", "transfer-encoding", "upgrade", "expect", "te", "trailer":
		return false
	case "accept-encoding", "range", "if-range", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since":
		key := http.CanonicalHeaderKey(name)
		p.request.Header[key] = append(p.request.Header[key], value)
	}
	return true
}

// control reports whether a character can't stand in a field's value (RFC 9110 §5.5).
func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// token reports whether a field's name is one (RFC 9110 §5.6.2).
func token(name []byte) bool {
	for _, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !bytes.ContainsRune([]byte("!#$%&'*+-.^_`|~"), rune(c)) {
			return false
		}
	}
	return len(name) > 0
}
