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

func TestVideoRange(t *testing.T) {
	for transfer, want := range map[uint8]string{0: "SDR", 1: "SDR", 14: "SDR", 16: "PQ", 18: "HLG"} {
		if got := (Track{Color: Color{Transfer: transfer}}).VideoRange().String(); got != want {
			t.Errorf("transfer characteristics %d: %s, want %s", transfer, got, want)
		}
	}
}

func TestInstreamIDs(t *testing.T) {
	all := CC1 | CC3 | CaptionService(0) | CaptionService(1) | CaptionService(6) | CaptionService(7)
	if got := strings.Join(all.InstreamIDs(), " "); got != "CC1 CC3 SERVICE1 SERVICE6" {
		t.Error(got)
	}
}

func TestSameInit(t *testing.T) {
	base := Track{Codec: AV1, SequenceHeader: []byte{1}, Width: 640}
	captioned, other := base, base
	captioned.Captions = CC1
	other.SequenceHeader = []byte{2}
	if !base.SameInit(captioned) || base.SameInit(other) {
		t.Error("captions need no new initialization section, another sequence header does")
	}
}
