package hls

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDateRangeLimits(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	negative := -time.Nanosecond
	attributes := func(n int) (list []Attribute) {
		for i := range n {
			list = append(list, Attribute{Name: fmt.Sprint("X-A", i), Value: "v"})
		}
		return list
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct {
		name   string
		d      DateRange
		faults int
	}{
		{"at every limit", DateRange{
			ID: long(maxDateRangeText), Class: long(maxDateRangeText), Start: start, Splice: Splice{Out: make([]byte, maxSCTE35)},
			Attributes: append(attributes(MaxAttributes-1), Attribute{Name: "X-" + strings.Repeat("A", 60), Value: long(maxAttributeValue)}),
		}, 0},
		{"nothing", DateRange{}, 2},
		{"a long ID", DateRange{ID: long(maxDateRangeText + 1), Start: start}, 1},
		{"an ID with a quote", DateRange{ID: `a"b`, Start: start}, 1},
		{"an ID with a line break", DateRange{ID: "a\n#EXT-X-ENDLIST", Start: start}, 1},
		{"a long class", DateRange{ID: "a", Class: long(maxDateRangeText + 1), Start: start}, 1},
		{"a class that is not UTF-8", DateRange{ID: "a", Class: "\xff", Start: start}, 1},
		{"a negative duration", DateRange{ID: "a", Start: start, Duration: &negative}, 1},
		{"a negative plan", DateRange{ID: "a", Start: start, Planned: -1}, 1},
		{"a large message", DateRange{ID: "a", Start: start, Splice: Splice{Command: make([]byte, maxSCTE35+1)}}, 1},
		{"another one", DateRange{ID: "a", Start: start, Splice: Splice{In: make([]byte, maxSCTE35+1)}}, 1},
		{"many attributes", DateRange{ID: "a", Start: start, Attributes: attributes(MaxAttributes + 1)}, 1},
		{"an attribute of no client", DateRange{ID: "a", Start: start, Attributes: []Attribute{{Name: "END-DATE", Value: "v"}}}, 1},
		{"a long name", DateRange{ID: "a", Start: start, Attributes: []Attribute{{Name: "X-" + strings.Repeat("A", 61), Value: "v"}}}, 1},
		{"a long value", DateRange{ID: "a", Start: start, Attributes: []Attribute{{Name: "X-A", Value: long(maxAttributeValue + 1)}}}, 1},
		{"a value with a quote", DateRange{ID: "a", Start: start, Attributes: []Attribute{{Name: "X-A", Value: `"`}}}, 1},
	} {
		err := tt.d.Validate()
		faults := 0
		if err != nil {
			faults = strings.Count(err.Error(), "\n") + 1
		}
		if faults != tt.faults || err != nil && !errors.Is(err, ErrDateRange) {
			t.Errorf("%s: %d faults, want %d: %.300v", tt.name, faults, tt.faults, err)
		}
	}
}

func TestAttributeName(t *testing.T) {
	for key, want := range map[string]string{
		"title": "X-TITLE", "Track2": "X-TRACK2", "a.b c_d": "X-A-B-C-D", "AZ09az": "X-AZ09AZ", "/:@[`{": "X-------", "제목": "X---", "": "X-",
	} {
		if got := AttributeName(key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}
