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
	endOfLine   = []byte("\r\n")
	protocol    = []byte(" HTTP/1.1")
	keepAlive   = []byte("keep-alive")
)

// usual are the header fields that an answer may depend on, by name in lower case.
var usual = []string{"accept-encoding", "range", "if-range", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since"}

// maxName bounds the names of fields that are kept, in bytes.
const maxName = 64

// parser reads requests into one http.Request, which it uses again and again.
type parser struct {
	prefixes []string // of paths
	kept     map[string]string
	request  *http.Request
	before   http.Header // the fields of the last request, for values that come again
	url      url.URL
	fields   []byte // the last request's header fields, as they came
	name     [maxName]byte
}

func newParser(prefixes []string, kept map[string]string, request *http.Request) *parser {
	p := &parser{prefixes: prefixes, kept: kept, request: request}
	request.URL, request.Header, p.before = &p.url, make(http.Header, 4), make(http.Header, 4)
	request.Proto, request.ProtoMajor, request.ProtoMinor = "HTTP/1.1", 1, 1
	request.Body = http.NoBody
	return p
}

// keptFields are the usual fields and others: from names in lower case to canonical ones.
func keptFields(others []string) map[string]string {
	kept := make(map[string]string)
	for _, names := range [][]string{usual, others} {
		for _, name := range names {
			kept[strings.ToLower(name)] = http.CanonicalHeaderKey(name)
		}
	}
	return kept
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

// parseFields reads the header fields. A player sends the same with each request: then
// they are not read again.
func (p *parser) parseFields(fields []byte) bool {
	if len(p.fields) > 0 && bytes.Equal(fields, p.fields) {
		return true
	}
	p.fields = p.fields[:0]
	p.before, p.request.Header = p.request.Header, p.before
	clear(p.request.Header)
	hosts := 0
	for rest := fields; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, endOfLine)
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || !token(name) || bytes.ContainsFunc(value, control) {
			return false
		}
		if !p.field(p.lower(name), bytes.Trim(value, " \t"), &hosts) {
			return false
		}
	}
	if hosts != 1 {
		return false // RFC 9112 §3.2
	}
	p.fields = append(p.fields, fields...)
	return true
}

// lower is a name in lower case until the next call; of one that is longer than any
// that matters it is nothing.
func (p *parser) lower(name []byte) []byte {
	if len(name) > maxName {
		return nil
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		p.name[i] = c
	}
	return p.name[:len(name)]
}

// field takes a header field; name is in lower case. It reports whether a request that
// has it is of the kind that is understood here.
func (p *parser) field(name, value []byte, hosts *int) bool {
	switch string(name) {
	case "host":
		*hosts++
		if p.request.Host != string(value) {
			p.request.Host = string(value)
		}
		return host(value)
	case "connection":
		return bytes.EqualFold(value, keepAlive)
	case "content-length", "transfer-encoding", "upgrade", "expect", "te", "trailer":
		return false
	}
	if key, ok := p.kept[string(name)]; ok {
		p.keep(key, value)
	}
	return true
}

func (p *parser) keep(key string, value []byte) {
	values := p.request.Header[key]
	if before := p.before[key]; len(values) == 0 && len(before) == 1 && before[0] == string(value) {
		p.request.Header[key] = before
		return
	}
	p.request.Header[key] = append(values, string(value))
}

// host reports whether a Host field is like those of players, caches and CDNs: a name or
// an address. What else net/http takes, it may take.
func host(value []byte) bool {
	for _, c := range value {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !bytes.ContainsRune([]byte(".-_:[]"), rune(c)) {
			return false
		}
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
