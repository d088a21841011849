package recording

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// A recording is cut where a player would need another initialization section, or where
// a track comes back after it was away; of several pictures the tallest is taken.
func TestStretches(t *testing.T) {
	picture := func(height int, name string) media.Track {
		return media.Track{Codec: media.H264, Timescale: media.VideoTimescale, SPS: [][]byte{[]byte(name)}, Height: height, Width: height * 16 / 9}
	}
	hevc := picture(720, "x")
	hevc.Codec = media.HEVC
	for _, tt := range []struct {
		name         string
		publications []string // renditions of each: source, low, audio; a digit is another format, - a gap
		want         string
	}{
		{"none", nil, ""},
		{"one", []string{"source audio"}, "source:0 audio:0"},
		{"same", []string{"source audio", "source audio"}, "source:0,1 audio:0,1"},
		{"tallest", []string{"low source audio"}, "source:0 audio:0"},
		{"rung alone", []string{"source", "low"}, "source:0 | low:1"},
		{"other picture", []string{"source audio", "source2 audio"}, "source:0 audio:0 | source:1 audio:1"},
		{"and back", []string{"source", "source2", "source"}, "source:0 | source:1 | source:2"},
		{"other codec", []string{"source", "source3"}, "source:0 | source:1"},
		{"other sound", []string{"source audio", "source audio2"}, "source:0 audio:0 | source:1 audio:1"},
		{"sound ends", []string{"source audio", "source"}, "source:0,1 audio:0"},
		{"sound comes", []string{"source", "source audio"}, "source:0,1 audio:1"},
		{"sound comes back", []string{"source audio", "source", "source audio"}, "source:0,1 audio:0 | source:2 audio:2"},
		{"picture comes back", []string{"source audio", "audio", "source audio"}, "source:0 audio:0,1 | source:2 audio:2"},
		{"picture comes", []string{"audio", "source audio"}, "source:1 audio:0,1"},
		{"lost", []string{"source audio", "source- audio-", "source audio"}, "source:0,2 audio:0,2"},
		{"all lost", []string{"source- audio-"}, ""},
	} {
		c := &parsedJournal{}
		tracks := map[string]media.Track{
			"source": picture(720, "a"), "source2": picture(360, "b"), "source3": hevc, "low": picture(240, "c"),
			"audio": {Codec: media.AAC, Timescale: 48000}, "audio2": {Codec: media.AAC, Timescale: 44100},
		}
		for i, renditions := range tt.publications {
			for word := range strings.FieldsSeq(renditions) {
				kind, gap := strings.CutSuffix(word, "-")
				r := c.rendition(strings.TrimRight(kind, "23"))
				id := fmt.Sprint(i)
				r.Inits = append(r.Inits, packager.Init{Epoch: id, Track: tracks[kind]})
				r.Entries = append(r.Entries, packager.Entry{
					MSN: int64(i), Epoch: id, Gap: gap, Start: media.Ticks(i * 300_000), Duration: 2 * time.Second,
				})
			}
		}
		var stretches []string
		for _, s := range c.stretches() {
			var inputs []string
			for _, track := range s.inputs() {
				var of []string
				for _, segment := range track.segments {
					of = append(of, segment.Epoch)
				}
				inputs = append(inputs, track.segments[0].rendition+":"+strings.Join(of, ","))
			}
			stretches = append(stretches, strings.Join(inputs, " "))
		}
		if got := strings.Join(stretches, " | "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
