package hls

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
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
	// SCTE35 is a splice_info_section, and Splice says in which attribute it stands.
	SCTE35 []byte
	Splice Splice
	// Attributes are the client-defined ones: X-NAME and text.
	Attributes []Attribute
}

// Splice is the part that an SCTE-35 message plays in its date range.
type Splice string

// The attributes that hold SCTE-35 messages.
const (
	SpliceCommand Splice = "SCTE35-CMD"
	SpliceOut     Splice = "SCTE35-OUT"
	SpliceIn      Splice = "SCTE35-IN"
)

// Attribute is a client-defined attribute with a quoted-string value.
type Attribute struct{ Name, Value string }

// ErrDateRange reports a date range that can't stand in a playlist.
var ErrDateRange = errors.New("date range")

var attributeName = regexp.MustCompile(`^X-[A-Z0-9-]{1,60}$`)

// Limits of a date range that a playlist carries for everybody.
const (
	maxDateRangeText  = 256       // bytes of ID and class
	maxAttributes     = 16        //
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
		wrong("the ID must have 1 to %d bytes, without quotes, tabs and line breaks", maxDateRangeText)
	}
	if len(d.Class) > maxDateRangeText || !quotable(d.Class) {
		wrong("the class must have at most %d bytes, without quotes, tabs and line breaks", maxDateRangeText)
	}
	if d.Start.IsZero() {
		wrong("it has no start")
	}
	if (d.Duration != nil && *d.Duration < 0) || d.Planned < 0 {
		wrong("a duration is negative")
	}
	if len(d.SCTE35) > maxSCTE35 {
		wrong("an SCTE-35 section of %d bytes", len(d.SCTE35))
	}
	if len(d.Attributes) > maxAttributes {
		wrong("%d attributes; at most %d", len(d.Attributes), maxAttributes)
	}
	for _, a := range d.Attributes {
		if !attributeName.MatchString(a.Name) {
			wrong("attribute %q; use X- and capital letters, digits and dashes", a.Name)
		}
		if len(a.Value) > maxAttributeValue || !quotable(a.Value) {
			wrong("the value of %s must have at most %d bytes, without double quotes and line breaks", a.Name, maxAttributeValue)
		}
	}
	return errors.Join(errs...)
}

// quotable reports whether a text can stand in a quoted-string (§4.2).
func quotable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "\"\r\n\t")
}

// Quotable changes a text so that it can stand in a quoted-string.
func Quotable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.NewReplacer(`"`, "'", "\r", " ", "\n", " ", "\t", " ").Replace(s)
}

// Same reports whether two date ranges say the same.
func (d DateRange) Same(e DateRange) bool {
	return string(d.Append(nil)) == string(e.Append(nil))
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
	if len(d.SCTE35) > 0 {
		b = fmt.Appendf(b, ",%s=0x%X", d.Splice, d.SCTE35)
	}
	for _, a := range d.Attributes {
		b = append(append(b, ','), a.Name...)
		b = append(append(append(b, `="`...), a.Value...), '"')
	}
	return append(b, '\n')
}
