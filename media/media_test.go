package media

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRescale(t *testing.T) {
	tests := []struct {
		in       Ticks
		from, to Timescale
		want     Ticks
	}{
		{0, 1000, 90000, 0},
		{33, 1000, 90000, 2970},
		{1, 90000, 1000, 0},
		{45, 90000, 1000, 1}, // half a millisecond rounds up
		{-45, 90000, 1000, -1},
		{1 << 50, 90000, 48000, 1 << 50 * 48000 / 90000},
		{1001, 24000, 90000, 3754}, // 3753.75
	}
	for _, tt := range tests {
		if got := Rescale(tt.in, tt.from, tt.to); got != tt.want {
			t.Errorf("Rescale(%d, %d, %d) = %d, want %d", tt.in, tt.from, tt.to, got, tt.want)
		}
	}
}

func TestClock(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := Clock{Start: start, Origin: 90000}
	if got := c.ProgramDateTime(48000*3, 48000); !got.Equal(start.Add(2 * time.Second)) {
		t.Errorf("got %v", got)
	}
}

func TestParseStreamID(t *testing.T) {
	for _, good := range []string{"main", "a", "Show_1.hd-2", "쇼", "é́tage", "東京"} {
		if id, err := ParseStreamID(good); err != nil || string(id) != good {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".hidden", "a/b", "a b", "..", "a\x00", "\xff", strings.Repeat("x", 81), "a?b", "a\"b"} {
		if _, err := ParseStreamID(bad); !errors.Is(err, ErrStreamID) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
