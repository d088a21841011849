package httpserver

import "regexp"

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") // RFC 9110 §5.6.2
	loopID     = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)            // RFC 8586 §2, without what nobody uses
)

// reservedHeaders have a meaning already.
var reservedHeaders = []string{
	"accept", "accept-encoding", "authorization", "cache-control", "cdn-loop", "connection", "content-length", "content-type",
	"cookie", "date", "expect", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
	"origin", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-original-uri",
}

// UsableHeader reports whether a setting may give a meaning to the header of that name: the name
// is valid, and the header has no other meaning.
func UsableHeader(name string) bool {
	return headerName.MatchString(name) && !isOneOf(name, reservedHeaders...)
}
