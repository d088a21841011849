package hls

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DateRange ties metadata to a stretch of the programme (EXT-X-DATERANGE,
// §4.4.5.1).
type DateRange struct {
	ID    string // unique in the playlist
	Class string // "" for none
	Start time.Time
	// Duration is the length when it is known; Planned is what is expected before.
	// An instant has neither.
	Duration *time.Duration
	Planned  time.Duration
	// Splice holds SCTE-35 messages.
	Splice Splice
	// Attributes are the client-defined ones: X-NAME and text.
	Attributes []Attribute
}

// Splice is the SCTE-35 messages of a date range: each a splice_info_section, nil for
// none (§4.4.5.1.1).
type Splice struct {
	Command []byte // SCTE35-CMD
	Out     []byte // SCTE35-OUT: the programme is left here
	In      []byte // SCTE35-IN: and comes back at the end
}

// messages lists them by attribute.
func (s Splice) messages() []struct {
	name    string
	section []byte
} {
	return []struct {
		name    string
		section []byte
	}{{"SCTE35-CMD", s.Command}, {"SCTE35-OUT", s.Out}, {"SCTE35-IN", s.In}}
}

// Attribute is a client-defined attribute with a quoted-string value.
type Attribute struct{ Name, Value string }

// AttributeName is the name of a client-defined attribute for any text: title becomes
// X-TITLE.
func AttributeName(key string) string {
	return "X-" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, key)
}

// ErrDateRange reports a date range that can't stand in a playlist.
var ErrDateRange = errors.New("date range")

var attributeName = regexp.MustCompile(`^X-[A-Z0-9-]{1,60}$`)

// MaxAttributes is how many client-defined attributes a date range may have.
const MaxAttributes = 16

// Limits of a date range that a playlist carries for everybody.
const (
	maxDateRangeText  = 256       // bytes of ID and class
	maxAttributeValue = 2 << 10   // bytes
	maxSCTE35         = 4<<10 + 2 // bytes; a section has 12 bits for its length
)

// Validate reports every fault at once.
func (d DateRange) Validate() error {
	var errs []error
	wrong := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrDateRange}, a...)...))
	}
	if d.ID == "" || len(d.ID) > maxDateRangeText || !quotable(d.ID) {
		wrong("the ID must have 1 to %d bytes, without quotes and control characters", maxDateRangeText)
	}
	if len(d.Class) > maxDateRangeText || !quotable(d.Class) {
		wrong("the class must have at most %d bytes, without quotes and control characters", maxDateRangeText)
	}
	if d.Start.IsZero() {
		wrong("it has no start")
	}
	if (d.Duration != nil && *d.Duration < 0) || d.Planned < 0 {
		wrong("a duration is negative")
	}
	for _, m := range d.Splice.messages() {
		if len(m.section) > maxSCTE35 {
			wrong("%s has %d bytes", m.name, len(m.section))
		}
	}
	if len(d.Attributes) > MaxAttributes {
		wrong("%d attributes; at most %d", len(d.Attributes), MaxAttributes)
	}
	seen := make(map[string]bool, len(d.Attributes))
	for _, a := range d.Attributes {
		if seen[a.Name] {
			wrong("attribute %s is there twice", a.Name)
		}
		seen[a.Name] = true
		if !attributeName.MatchString(a.Name) {
			wrong("attribute %q; use X- and capital letters, digits and dashes", a.Name)
		}
		if len(a.Value) > maxAttributeValue || !quotable(a.Value) {
			wrong("the value of %s must have at most %d bytes, without double quotes and control characters", a.Name, maxAttributeValue)
		}
	}
	return errors.Join(errs...)
}

// quotable reports whether a text can stand in a quoted-string (§4.1, §4.2).
func quotable(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, `"`) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Quotable changes a text so that it can stand in a quoted-string.
func Quotable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// End is the end, or the planned end; an instant ends when it begins.
func (d DateRange) End() time.Time {
	if d.Duration != nil {
		return d.Start.Add(*d.Duration)
	}
	return d.Start.Add(d.Planned)
}

// Append writes the tag to b.
func (d DateRange) Append(b []byte) []byte {
	b = append(append(append(b, `#EXT-X-DATERANGE:ID="`...), d.ID...), '"')
	if d.Class != "" {
		b = append(append(append(b, `,CLASS="`...), d.Class...), '"')
	}
	b = append(appendTime(append(b, `,START-DATE="`...), d.Start), '"')
	switch {
	case d.Duration != nil:
		b = appendSeconds(append(b, ",DURATION="...), *d.Duration)
	case d.Planned > 0:
		b = appendSeconds(append(b, ",PLANNED-DURATION="...), d.Planned)
	}
	for _, m := range d.Splice.messages() {
		if len(m.section) > 0 {
			b = fmt.Appendf(b, ",%s=0x%X", m.name, m.section)
		}
	}
	for _, a := range d.Attributes {
		b = append(append(b, ','), a.Name...)
		b = append(append(append(b, `="`...), a.Value...), '"')
	}
	return append(b, '\n')
}
