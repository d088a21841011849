package cmcd

import (
	"net/http"
	"net/url"
	"strings"
)

// queryName is the query argument that carries a dictionary (CTA-5004 §3.1).
const queryName = "CMCD"

// headerNames are the headers that carry one (CTA-5004 §3.2), in canonical form.
var headerNames = [4]string{"Cmcd-Session", "Cmcd-Request", "Cmcd-Object", "Cmcd-Status"}

// InQuery reports whether a raw query has the argument, at little cost.
func InQuery(raw string) bool { return strings.Contains(raw, queryName+"=") }

// InHeaders reports whether a request has the header that names the session: without
// it the others mean nothing to us.
func InHeaders(h http.Header) bool { return len(h[headerNames[0]]) > 0 }

// ParseQuery reads the argument CMCD of a raw query, such as a log line's. Without
// one, ok is false. The error is ErrSyntax.
func ParseQuery(raw string) (r Report, ok bool, err error) {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		encoded, found := strings.CutPrefix(pair, queryName+"=")
		if !found {
			continue
		}
		if len(encoded) > 3*maxText {
			return r, true, ErrSyntax
		}
		dictionary, err := url.QueryUnescape(encoded)
		if err != nil {
			return r, true, ErrSyntax
		}
		r, err = Parse(dictionary)
		return r, true, err
	}
	return r, false, nil
}

// parseHeaders reads the four headers, of headerNames, as one report.
func parseHeaders(dictionaries [len(headerNames)]string) (r Report, err error) {
	r.Version = 1
	for _, dictionary := range dictionaries {
		if err := r.merge(dictionary); err != nil {
			return r, err
		}
	}
	return r, nil
}
