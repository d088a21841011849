// Package cors lets pages of other sites read answers (Fetch §3.2, cross-origin resource sharing). All
// Access-Control fields of the program are written here.
package cors

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

const (
	// maxRequestedHeaders bounds the names that a preflight may ask for, in bytes.
	maxRequestedHeaders = 1 << 10
	// anyHeader allows every header of a request without credentials; Authorization is
	// the one that the wildcard does not cover (Fetch §4.9, "CORS-unsafe request-header names").
	anyHeader = "*, Authorization"
)

// Header values that every preflight's answer shares: they are never written to.
var (
	anyOrigin    = []string{"*"}
	preflightAge = []string{"86400"}
	varyHeaders  = []string{"Access-Control-Request-Headers"}
)

// AnyOriginField is AllowAnyOrigin for answers that are written as text.
const AnyOriginField = "Access-Control-Allow-Origin: *\r\n"

// AllowAnyOrigin lets pages of every site read an answer. Credentials of the browser
// are not sent with such a request (Fetch §3.2.5), so a page can read only what anybody
// can, or what it has a token for.
func AllowAnyOrigin(h http.Header) { h["Access-Control-Allow-Origin"] = anyOrigin }

// Expose lets such pages read header fields of an answer beside those that they may always read.
// names is one list, such as "Date, Content-Length"; answers may share it.
func Expose(h http.Header, names []string) { h["Access-Control-Expose-Headers"] = names }

// Preflight answers an OPTIONS request for something that pages of every site may read
// with any request header. methods is the list of those that are answered, such as
// "GET, HEAD, OPTIONS". The names of headers are sent back if they are well-formed and few;
// clients that know the wildcard get that otherwise.
func Preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	AllowAnyOrigin(h)
	h["Access-Control-Allow-Methods"] = []string{methods}
	h["Access-Control-Allow-Headers"] = []string{allowedHeaders(r.Header["Access-Control-Request-Headers"])}
	h["Access-Control-Max-Age"] = preflightAge
	h["Vary"] = varyHeaders
	w.WriteHeader(http.StatusNoContent)
}

// allowedHeaders is the list of requested names, or the wildcard when some name is no
// token (RFC 9110 §5.6.2).
func allowedHeaders(requested []string) string {
	text := strings.Join(requested, ",")
	if len(text) > maxRequestedHeaders {
		return anyHeader
	}
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.Trim(name, " \t")
		switch {
		case name == "": // RFC 9110 §5.6.1.2: empty elements are ignored
		case !httpguts.ValidHeaderFieldName(name):
			return anyHeader
		default:
			names = append(names, name)
		}
	}
	if names == nil {
		return anyHeader
	}
	return strings.Join(names, ", ")
}
