package packager

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

func TestEventsBecomeDateRanges(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(9 * time.Second)
	at := func(seconds int) media.Ticks { return media.Ticks(seconds * 90000) }
	s.Event(media.Event{Kind: media.EventTextData, Time: at(8), Values: map[string]string{"text": `say "hi"`, "trackid": "1"}})
	s.Event(media.Event{Kind: media.EventCuePoint, Time: at(9), ID: "7", Name: "chorus", Values: map[string]string{"parameters.key": "C"}})
	s.Event(media.Event{
		Kind: media.EventSCTE35, Time: at(10), ID: "42", Duration: 30 * time.Second, Values: map[string]string{"out": "true"}, Payload: []byte{0xfc, 0x30, 1},
	})
	s.Event(media.Event{Kind: media.EventSCTE35, Time: at(11), ID: "43", Payload: []byte{0xfc, 0x30, 2}})
	playlist := func() string { return text(rendition(t, s, "source").Snapshot().Playlist(SkipNothing)) }
	for _, want := range []string{
		`#EXT-X-DATERANGE:ID="text-1795435208000",CLASS="com.globalfandom.lightstick.text",START-DATE="2026-11-23T12:00:08.000Z",X-TEXT="say 'hi'",X-TRACKID="1"`,
		`#EXT-X-DATERANGE:ID="cue-7",CLASS="com.globalfandom.lightstick.cue",START-DATE="2026-11-23T12:00:09.000Z",X-NAME="chorus",X-PARAMETERS-KEY="C"`,
		`#EXT-X-DATERANGE:ID="splice-42",START-DATE="2026-11-23T12:00:10.000Z",PLANNED-DURATION=30.000000,SCTE35-OUT=0xFC3001`,
		`#EXT-X-DATERANGE:ID="splice-43",START-DATE="2026-11-23T12:00:11.000Z",SCTE35-CMD=0xFC3002`,
	} {
		if !strings.Contains(playlist(), want+"\n") {
			t.Errorf("no %s in\n%s", want, playlist())
		}
	}
	// The way back in ends the break of the same event.
	s.Event(media.Event{Kind: media.EventSCTE35, Time: at(32), ID: "42", Values: map[string]string{"out": "false"}, Payload: []byte{0xfc, 0x30, 3}})
	want := `#EXT-X-DATERANGE:ID="splice-42",START-DATE="2026-11-23T12:00:10.000Z",DURATION=22.000000,SCTE35-OUT=0xFC3001,SCTE35-IN=0xFC3003`
	if !strings.Contains(playlist(), want+"\n") {
		t.Errorf("no %s in\n%s", want, playlist())
	}
}

func TestID3TravelsInItsPart(t *testing.T) {
	for _, audioRate := range []int{0, 48000} {
		s := NewStream(Config{Window: time.Minute}, &nothing{})
		src := newSource(s, [2]int64{30, 1}, 60, audioRate)
		src.begin(t, "a")
		src.run(5 * time.Second)
		s.Event(media.Event{Kind: media.EventID3, Time: 7 * 90000, Payload: []byte("ID3-seven")})
		src.run(5 * time.Second)
		for _, r := range s.lists.lists {
			found := -1
			for _, segment := range r.window.closed {
				for i, chunk := range segment.Chunks() {
					if bytes.Contains(chunk, []byte("ID3-seven")) {
						found = int(segment.MSN)*100 + i
					}
				}
			}
			// 7 s is in segment 3, 1 s after its beginning, in parts of 200 ms.
			if want := map[bool]int{true: 305, false: -1}[r.IsVideo()]; found != want {
				t.Errorf("%s: found in %d, want %d", r.Name(), found, want)
			}
		}
	}
}

// A way back in whose way out nobody has seen stands alone; one that comes before its
// way out does not end it.
func TestSpliceInWithoutOut(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(9 * time.Second)
	in := media.Event{Kind: media.EventSCTE35, Time: 8 * 90000, ID: "1", Values: map[string]string{"out": "false"}, Payload: []byte{1}}
	s.Event(in)
	in.ID, in.Values = "2", nil // neither out nor in
	s.Event(in)
	in.Time, in.Values, in.Payload = 9*90000, map[string]string{"out": "false"}, []byte{2}
	s.Event(in)
	in.ID, in.Time, in.Values = "3", 9*90000, map[string]string{"out": "true"}
	s.Event(in)
	in.Time, in.Values = 8*90000, map[string]string{"out": "false"}
	s.Event(in)
	playlist := text(rendition(t, s, "source").Snapshot().Playlist(SkipNothing))
	for _, want := range []string{
		`ID="splice-1",START-DATE="2026-11-23T12:00:08.000Z",SCTE35-IN=0x01`,
		`ID="splice-2",START-DATE="2026-11-23T12:00:08.000Z",SCTE35-IN=0x02`,
		`ID="splice-3",START-DATE="2026-11-23T12:00:09.000Z",SCTE35-IN=0x02`,
	} {
		if !strings.Contains(playlist, want+"\n") {
			t.Errorf("no %s in\n%s", want, playlist)
		}
	}
}

// A playlist carries a bounded number of date ranges: the oldest make room, and a delta
// update tells which.
func TestDateRangesAreBounded(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(9 * time.Second)
	for i := range 2*maxDateRanges + 2 {
		if err := s.AddDateRange(hls.DateRange{ID: fmt.Sprint("d", i), Start: startTime.Add(8 * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	snap := rendition(t, s, "source").Snapshot()
	whole, v2 := text(snap.Playlist(SkipNothing)), text(snap.Playlist(SkipDateRanges))
	if n := strings.Count(whole, "#EXT-X-DATERANGE:"); n != maxDateRanges || strings.Contains(whole, `ID="d501"`) || !strings.Contains(whole, `ID="d502"`) {
		t.Errorf("%d date ranges", n)
	}
	_, removed, _ := strings.Cut(v2, `RECENTLY-REMOVED-DATERANGES="`)
	removed, _, _ = strings.Cut(removed, `"`)
	if ids := strings.Split(removed, "\t"); len(ids) != maxDateRanges || ids[0] != "d2" || ids[len(ids)-1] != "d501" {
		t.Errorf("%d are said to be removed, from %s on", len(ids), ids[0])
	}
}

func TestDateRangesKeepTheirWord(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(9 * time.Second)
	playlists := func() (whole, v2 string) {
		snap := rendition(t, s, "source").Snapshot()
		return text(snap.Playlist(SkipNothing)), text(snap.Playlist(SkipDateRanges))
	}
	// An attribute stands once, whatever a publisher sends; what can't be shown is not.
	s.Event(media.Event{Kind: media.EventCuePoint, Name: "goal", ID: "1", Time: 9 * 90000, Values: map[string]string{
		"name": "goal", "Title": "a\x00b\x1bc\u0085", "title": "again",
	}})
	if whole, _ := playlists(); !strings.Contains(whole, `X-NAME="goal",X-TITLE="a b c "`+"\n") {
		t.Error(whole)
	}
	twice := hls.DateRange{ID: "x", Start: startTime, Attributes: []hls.Attribute{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}}}
	if err := s.AddDateRange(twice); err == nil {
		t.Error("an attribute is there twice")
	}
	// A break of unknown length stays until it ends.
	s.Event(media.Event{Kind: media.EventSCTE35, Time: 9 * 90000, ID: "7", Values: map[string]string{"out": "true"}, Payload: []byte{1}})
	src.run(50 * time.Second)
	s.Event(media.Event{Kind: media.EventSCTE35, Time: 59 * 90000, ID: "7", Values: map[string]string{"out": "false"}, Payload: []byte{2}})
	if whole, _ := playlists(); !strings.Contains(whole, `DURATION=50.000000,SCTE35-OUT=0x01,SCTE35-IN=0x02`) {
		t.Error(whole)
	}
	// What was removed and came back is not removed.
	src.run(33 * time.Second)
	if _, v2 := playlists(); !strings.Contains(v2, `RECENTLY-REMOVED-DATERANGES="splice-7"`) {
		t.Error(v2)
	}
	if err := s.AddDateRange(hls.DateRange{ID: "splice-7", Start: startTime.Add(90 * time.Second)}); err != nil {
		t.Fatal(err)
	}
	if _, v2 := playlists(); !strings.Contains(v2, `RECENTLY-REMOVED-DATERANGES=""`) || !strings.Contains(v2, `ID="splice-7"`) {
		t.Error(v2)
	}
}
