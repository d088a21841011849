package check

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// fault is something a parser could not accept, and the rule that says so.
type fault struct {
	rule   ruleID
	detail string
}

// faults gathers a playlist's faults, of which a hostile one has many.
type faults []fault

// keptFaults bounds the faults of one playlist.
const keptFaults = 100

func (f *faults) add(rule ruleID, format string, args ...any) {
	if len(*f) < keptFaults {
		*f = append(*f, fault{rule, fmt.Sprintf(format, args...)})
	}
}

// line is a line of a playlist that means something: a tag, or a URI.
type line struct {
	number int    // from 1
	tag    string // without #; "" for a URI
	value  string // after the colon, or the URI
}

// maxLines of a playlist are read: a day of segments of a second has fewer. A line can
// be two bytes, and what is made of it a hundred times as large.
const maxLines = 300_000

// bom is the byte order mark, which playlists must not have (RFC 8216bis §4.1).
const bom = "\ufeff"

// readLines splits a playlist into tags and URIs. Comments and empty lines are
// skipped.
func readLines(text []byte) (lines []line, f faults) {
	if bytes.HasPrefix(text, []byte(bom)) {
		f.add(ruleText, "begins with a byte order mark")
		text = text[len(bom):]
	}
	if !utf8.Valid(text) {
		f.add(ruleText, "is not UTF-8")
	}
	number := 0
	for raw := range bytes.Lines(text) {
		if number++; number > maxLines {
			f.add(ruleText, "has more than %d lines", maxLines)
			break
		}
		s := strings.TrimRight(string(raw), "\r\n")
		if i := strings.IndexFunc(s, isControl); i >= 0 {
			f.add(ruleText, "line %d has the control character %U", number, s[i])
		}
		if number == 1 && s != "#EXTM3U" {
			f.add(ruleFirstLine, "the first line is %s", quote(s))
		}
		switch {
		case s == "" || strings.HasPrefix(s, "#") && !strings.HasPrefix(s, "#EXT"):
		case s[0] == '#':
			tag, value, _ := strings.Cut(s[1:], ":")
			lines = append(lines, line{number, tag, value})
		default:
			lines = append(lines, line{number, "", s})
		}
	}
	if number == 0 {
		f.add(ruleFirstLine, "the playlist is empty")
	}
	return lines, f
}

// isControl finds what §4.1 forbids: control characters but CR, LF. A tab may
// stand in attribute values (§4.4.5.2).
func isControl(r rune) bool { return (r < 0x20 && r != '\t') || (r >= 0x7f && r <= 0x9f) }

// quote shows text of a stranger, bounded.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return fmt.Sprintf("%q", s)
}
