package httpcache

import (
	"net/http"
	"strings"
)

// WithoutIgnoredRange is a request as http.ServeContent should see it: without a Range
// field that has to be ignored. r is returned if it has none, and is not changed: its
// header may belong to a connection that uses it again.
func WithoutIgnoredRange(r *http.Request) *http.Request {
	if heedsRange(r) {
		return r
	}
	whole := r.WithContext(r.Context())
	whole.Header = r.Header.Clone()
	delete(whole.Header, "Range")
	return whole
}

// heedsRange reports whether the Range field, if there is one, counts. Methods other than
// GET have no ranges, and units that are not known must be ignored (RFC 9110 §14.2):
// net/http answers 206 to HEAD, and 416 to such units. Two fields are no valid Range, which
// may be ignored.
func heedsRange(r *http.Request) bool {
	values := r.Header["Range"]
	return len(values) == 0 || len(values) == 1 && r.Method == http.MethodGet && strings.HasPrefix(values[0], "bytes=")
}
