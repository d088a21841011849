package httpcache

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// EntityTag is a strong ETag (RFC 9110 §8.8.3) made of a text, as a value of an
// http.Header. The variant tells apart forms of the same text that differ by their
// bytes, such as compressed ones. All servers that have the text make the same tag.
func EntityTag(text []byte, variant string) []string {
	return []string{`"` + strconv.FormatUint(xxhash.Sum64(text), 36) + variant + `"`}
}
