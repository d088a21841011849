package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

func journalOf(t *testing.T, lines ...line) string {
	t.Helper()
	var b strings.Builder
	for _, l := range lines {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}

// What a journal tells is what a stream goes on with.
func TestParseJournal(t *testing.T) {
	head := Head{Version: journalVersion, ID: "20261122-120000-11111111", Stream: "show"}
	song := hls.DateRange{ID: "song", Start: epoch}
	segment := &segmentLine{Rendition: "audio", Entry: packager.Entry{MSN: 3, Epoch: "p"}}
	for _, tt := range []struct {
		name        string
		lines       []line
		torn, ended bool
	}{
		{"on air", []line{{Head: &head}, {Date: &song}, {Segment: segment}}, true, false},
		{"a pause", []line{{Head: &head}, {Segment: segment}, {Date: &song}, {Pause: true}}, false, false},
		{"on air again", []line{{Head: &head}, {Segment: segment}, {Pause: true}, {Date: &song}}, true, false},
		{"ended", []line{{Head: &head}, {Date: &song}, {Segment: segment}, {End: true}}, false, true},
	} {
		c, err := parseJournal(strings.NewReader(journalOf(t, tt.lines...)))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if c.Head != head || c.Torn != tt.torn || c.ended != tt.ended || len(c.DateRanges) != 1 || c.DateRanges[0].ID != "song" || len(c.Renditions) != 1 || c.Renditions[0].Entries[0].MSN != 3 {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
	for _, version := range []int{journalVersion - 1, journalVersion + 1} {
		head.Version = version
		if _, err := parseJournal(strings.NewReader(journalOf(t, line{Head: &head}))); !errors.Is(err, errJournal) {
			t.Errorf("a journal of version %d: %v", version, err)
		}
	}
}

// An MP4 leaves out the time during which a publisher was away, and nothing else.
func TestPausesOfARecording(t *testing.T) {
	entry := func(publication string, start, length int) packager.Entry {
		return packager.Entry{Epoch: publication, Start: media.Ticks(start * 90000), Duration: time.Duration(length) * time.Second}
	}
	inits := func(track media.Track) (all []packager.Init) {
		for _, publication := range []string{"a", "b", "c", "d"} {
			all = append(all, packager.Init{Epoch: publication, Track: track})
		}
		return all
	}
	sound := packager.RenditionHistory{Name: soundOnly, Inits: inits(media.Track{Codec: media.AAC}), Entries: []packager.Entry{
		entry("a", 10, 2), entry("a", 12, 2), entry("b", 20, 2), // six seconds later
		entry("b", 22, 2), entry("c", 23, 2), // a second too early
		entry("c", 30, 2), // a hole within a publication
		entry("d", 40, 2),
	}}
	want := "map[a:0 b:540000 c:540000 d:1260000]"
	c := &parsedJournal{}
	c.Renditions = []packager.RenditionHistory{sound}
	if got := fmt.Sprint(c.pauses()); got != want {
		t.Errorf("of sound alone: %s, want %s", got, want)
	}
	picture := sound
	picture.Name, picture.Inits = "source", inits(media.Track{Codec: media.H264, Height: 720})
	late := sound
	late.Entries = sound.Entries[1:]
	c.Renditions = []packager.RenditionHistory{late, picture}
	if got := fmt.Sprint(c.pauses()); got != want {
		t.Errorf("by the picture: %s, want %s", got, want)
	}
	if got := (&parsedJournal{}).pauses(); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
