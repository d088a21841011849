package media

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// StreamID names a stream in URLs, files, logs and metrics. Unlike a stream key
// it is public.
type StreamID string

// maxStreamIDBytes keeps an ID, percent-encoded, within one file name (255 bytes).
const maxStreamIDBytes = 80

// ErrStreamID reports a name that can't be a StreamID.
var ErrStreamID = errors.New("not a stream name")

// ParseStreamID accepts 1 to 80 bytes of letters, digits, combining marks, '-',
// '_' and '.', of any script, that do not begin with a dot.
func ParseStreamID(s string) (StreamID, error) {
	switch {
	case s == "" || len(s) > maxStreamIDBytes:
		return "", fmt.Errorf("%w: it must have 1 to %d bytes", ErrStreamID, maxStreamIDBytes)
	case !utf8.ValidString(s):
		return "", fmt.Errorf("%w: it is not UTF-8", ErrStreamID)
	case strings.HasPrefix(s, "."):
		return "", fmt.Errorf("%w: %q begins with a dot", ErrStreamID, s)
	}
	for _, r := range s {
		if !unicode.In(r, unicode.L, unicode.N, unicode.M) && !strings.ContainsRune("-_.", r) {
			return "", fmt.Errorf("%w: %q holds %q; use letters, digits, '-', '_' and '.'", ErrStreamID, s, r)
		}
	}
	return StreamID(s), nil
}
