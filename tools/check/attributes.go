package check

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// attributes is an attribute list (RFC 8216bis §4.2). Values of quoted strings are
// without their quotes.
type attributes struct {
	values map[string]attribute
	names  []string // in the order of the list
}

type attribute struct {
	value  string
	quoted bool
}

// parseAttributes reads an attribute list as far as it can, and says what is wrong
// with the rest.
func parseAttributes(l line, f *faults) attributes {
	a := attributes{values: make(map[string]attribute)}
	rest := l.value
	for rest != "" {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || !isAttributeName(name) {
			f.add(ruleAttributes, "line %d: %s is not an attribute", l.number, quote(rest))
			return a
		}
		var v attribute
		if v, rest, ok = cutValue(after); !ok {
			f.add(ruleAttributes, "line %d: the value of %s is malformed: %s", l.number, name, quote(after))
			return a
		}
		if _, twice := a.values[name]; twice {
			f.add(ruleAttributes, "line %d: %s stands twice", l.number, name)
			continue
		}
		a.values[name] = v
		a.names = append(a.names, name)
	}
	return a
}

func isAttributeName(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != ""
}

// cutValue takes a value and the comma after it from the front of s.
func cutValue(s string) (v attribute, rest string, ok bool) {
	if quoted, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
		text, after, closed := strings.Cut(quoted, `"`)
		if !closed {
			return v, "", false
		}
		v = attribute{text, true}
		if after == "" {
			return v, "", true
		}
		rest, ok = strings.CutPrefix(after, ",")
		return v, rest, ok && rest != ""
	}
	text, rest, comma := strings.Cut(s, ",")
	if text == "" || strings.ContainsAny(text, "\" \t") || comma && rest == "" {
		return v, "", false
	}
	return attribute{text, false}, rest, true
}

// fields reads typed values of an attribute list, and notes what it finds wrong.
type fields struct {
	attributes
	line line
	f    *faults
}

func (l line) fields(f *faults) fields { return fields{parseAttributes(l, f), l, f} }

func (a fields) has(name string) bool { _, ok := a.values[name]; return ok }

// text returns a quoted string.
func (a fields) text(name string) string {
	v, ok := a.values[name]
	if ok && !v.quoted {
		a.f.add(ruleAttributes, "line %d: %s is not a quoted string", a.line.number, name)
	}
	return v.value
}

// word returns an enumerated string.
func (a fields) word(name string) string {
	v, ok := a.values[name]
	if ok && v.quoted {
		a.f.add(ruleAttributes, "line %d: %s is quoted, and should not be", a.line.number, name)
	}
	return v.value
}

func (a fields) yes(name string) bool { return a.word(name) == "YES" }

// integer returns a decimal integer, or missing.
func (a fields) integer(name string, missing int64) int64 {
	s := a.word(name)
	if !a.has(name) {
		return missing
	}
	n, ok := parseInteger(s)
	if !ok {
		a.f.add(ruleAttributes, "line %d: %s is not a decimal integer: %s", a.line.number, name, quote(s))
		return missing
	}
	return n
}

// seconds returns a decimal number of seconds, or missing.
func (a fields) seconds(name string, missing time.Duration) time.Duration {
	s := a.word(name)
	if !a.has(name) {
		return missing
	}
	d, ok := parseSeconds(s)
	if !ok {
		a.f.add(ruleAttributes, "line %d: %s is not a decimal number: %s", a.line.number, name, quote(s))
		return missing
	}
	return d
}

// need notes attributes that must be there and are not.
func (a fields) need(names ...string) {
	for _, name := range names {
		if !a.has(name) {
			a.f.add(ruleRequiredAttributes, "line %d: %s without %s", a.line.number, a.line.tag, name)
		}
	}
}

// parseInteger reads a decimal integer: digits only.
func parseInteger(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && s[0] != '+' && s[0] != '-'
}

// maxSeconds keeps durations, and sums of them, far from overflow: 11 days.
const maxSeconds = 1e6

// parseSeconds reads a decimal floating point number of seconds.
func parseSeconds(s string) (time.Duration, bool) {
	if strings.Trim(s, "0123456789.") != "" || strings.Count(s, ".") > 1 {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || seconds > maxSeconds {
		return 0, false
	}
	return time.Duration(math.Round(seconds * float64(time.Second))), true
}

// parseDate reads a date (ISO 8601, as RFC 3339 profiles it; §4.4.4.6). Without a
// time zone it is UTC.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// byteRange is a part of a resource; a negative length means all of it.
type byteRange struct {
	Start, Length int64
}

var wholeResource = byteRange{0, -1}

// parseByteRange reads "n[@o]" (§4.4.4.2). Without an offset it begins at next.
func parseByteRange(s string, next int64) (byteRange, bool) {
	length, offset, hasOffset := strings.Cut(s, "@")
	n, ok := parseInteger(length)
	if !ok || !hasOffset {
		return byteRange{next, n}, ok
	}
	start, ok := parseInteger(offset)
	return byteRange{start, n}, ok && start <= math.MaxInt64-n
}
