package rtmp

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultInstance is how Flash clients call an application's default instance.
const defaultInstance = "_definst_"

// streamKey finds the key in what a client was given, as SRS and nginx-rtmp do: the last
// part of the path of name, which is what publish says and people type as the key; without
// one that of the address, rtmp://HOST/live/KEY. name may be KEY, live/KEY or a whole
// address. app and tcURL are those of connect. Query strings (KEY?vhost=…) and blanks are
// not part of it.
func streamKey(app, tcURL, name string) string {
	address := strings.Contains(name, "://")
	if parts := pathParts(name); len(parts) > 1 || len(parts) == 1 && !address {
		return parts[len(parts)-1]
	}
	for _, from := range []string{app, tcURL} {
		// The first part is the application.
		if parts := pathParts(from); len(parts) > 1 && parts[len(parts)-1] != defaultInstance {
			return parts[len(parts)-1]
		}
	}
	return ""
}

// pathParts splits the path of an address, or a path alone, and decodes it.
func pathParts(s string) []string {
	s, _, _ = strings.Cut(s, "?")
	if _, behind, whole := strings.Cut(s, "://"); whole {
		_, s, _ = strings.Cut(behind, "/")
	}
	if plain, err := url.PathUnescape(s); err == nil && utf8.ValidString(plain) {
		s = plain
	}
	var parts []string
	for part := range strings.SplitSeq(s, "/") {
		if part = strings.TrimFunc(part, blank); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// blank reports whether copying and pasting may have put the character around a key.
func blank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
