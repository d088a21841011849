package http1

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

const (
	// maxNames bounds the field names that a connection remembers, and maxName the length
	// of one in bytes. Others are made canonical with each request.
	maxNames = 64
	maxName  = 64
)

// headerFields reads the header fields of a connection's requests into one map, as net/http would.
// A player sends the same fields with each request: then nothing is read again. A CDN sends
// the same names with other values: then the names are known.
type headerFields struct {
	header http.Header
	host   string
	text   string      // the last request's fields as they came; header's values are parts of it
	values []string    // what header's slices are parts of
	names  []fieldName // in the order in which they came first
}

// fieldName is a name as a client spells it, and as http.Header has it.
type fieldName struct{ spelt, canonical string }

// same reports whether the fields are those of the last request.
func (f *headerFields) same(text []byte) bool { return f.text != "" && string(text) == f.text }

// parse reads the fields up to the empty line. It reports whether a request that has them is
// of the kind that is understood here.
func (f *headerFields) parse(text string) bool {
	f.text, f.values = "", f.values[:0]
	clear(f.header)
	hosts, next := 0, 0
	for rest := text; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, endOfLine)
		spelt, value, ok := strings.Cut(line, ":")
		if !ok || !httpguts.ValidHeaderFieldValue(value) {
			return false
		}
		var name string
		if name, next = f.canonical(spelt, next); name == "" {
			return false
		}
		value = strings.Trim(value, " \t")
		switch name {
		case "Host":
			if hosts++; !isHost(value) {
				return false
			}
			f.host = value
			continue // net/http leaves it out of the header
		case "Connection":
			if !strings.EqualFold(value, keepAlive) {
				return false
			}
		case "Content-Length", "Transfer-Encoding", "Upgrade", "Expect", "Te", "Trailer":
			return false
		}
		f.add(name, value)
	}
	if hosts != 1 {
		return false // RFC 9112 §3.2
	}
	f.addCacheControl()
	f.text = text
	return true
}

// canonical is a name as http.Header has it; "": it is no token. It is looked for in the
// names that are known from next on, for fields come in the same order, and the place after it is
// returned.
func (f *headerFields) canonical(spelt string, next int) (name string, after int) {
	for i := range f.names {
		if i += next; i >= len(f.names) {
			i -= len(f.names)
		}
		if f.names[i].spelt == spelt {
			return f.names[i].canonical, i + 1
		}
	}
	if !httpguts.ValidHeaderFieldName(spelt) {
		return "", next
	}
	name = http.CanonicalHeaderKey(spelt)
	if len(f.names) < maxNames && len(spelt) <= maxName {
		// Cloned, for the text is not kept as long.
		f.names = append(f.names, fieldName{strings.Clone(spelt), strings.Clone(name)})
		next = len(f.names)
	}
	return name, next
}

func (f *headerFields) add(name, value string) {
	if before, repeated := f.header[name]; repeated {
		f.header[name] = append(before, value)
		return
	}
	f.values = append(f.values, value)
	n := len(f.values)
	f.header[name] = f.values[n-1 : n : n]
}

// addCacheControl gives a request of HTTP/1.0's way to go past caches the field of HTTP/1.1,
// as net/http does (RFC 9111 §5.4).
func (f *headerFields) addCacheControl() {
	pragma := f.header["Pragma"]
	if len(pragma) > 0 && pragma[0] == "no-cache" && f.header["Cache-Control"] == nil {
		f.header["Cache-Control"] = []string{"no-cache"}
	}
}

// isHost reports whether a Host field is like those of players, caches and CDNs: a name or
// an address. Others are left to net/http.
func isHost(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(".-_:[]", c) < 0 {
			return false
		}
	}
	return true
}
