package packager

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

func text(d *Document) string { return string(d.Plain()) }

// merge applies a delta update to the segments of the playlist before it, as a
// client does.
func merge(t *testing.T, before []string, first int, delta string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(delta, "#EXT-X-SKIP:SKIPPED-SEGMENTS=")
	if !ok {
		return segments(delta, "")
	}
	var skipped int
	if _, err := fmt.Sscanf(rest, "%d\n", &skipped); err != nil {
		t.Fatal(err)
	}
	from := number(t, delta, "#EXT-X-MEDIA-SEQUENCE:") - first
	if from+skipped > len(before) {
		t.Fatalf("the playlist before lacks some of the %d segments skipped", skipped)
	}
	var kept []string
	for _, segment := range before[from : from+skipped] {
		kept = append(kept, withoutParts(segment))
	}
	return append(kept, segments(delta, strings.SplitAfter(kept[len(kept)-1], "\n")[0])...)
}

func number(t *testing.T, playlist, tag string) (n int) {
	t.Helper()
	_, after, ok := strings.Cut(playlist, tag)
	if !ok {
		t.Fatalf("no %s in\n%s", tag, playlist)
	}
	if _, err := fmt.Sscan(strings.SplitN(after, "\n", 2)[0], &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// segments are the texts of a playlist's whole segments, each with the EXT-X-MAP
// that applies to it; initially that is inForce.
func segments(playlist, inForce string) []string {
	var all []string
	var current strings.Builder
	for line := range strings.Lines(playlist) {
		switch {
		case strings.HasPrefix(line, "#EXT-X-MAP"):
			inForce = line
		case strings.HasPrefix(line, "#EXT-X-DISCONTINUITY\n"), strings.HasPrefix(line, "#EXT-X-PROGRAM-DATE-TIME"),
			strings.HasPrefix(line, "#EXT-X-GAP"), strings.HasPrefix(line, "#EXT-X-PART:"),
			strings.HasPrefix(line, "#EXTINF"), strings.HasPrefix(line, "#EXT-X-BYTERANGE"):
			current.WriteString(line)
		case !strings.HasPrefix(line, "#"):
			all = append(all, inForce+current.String()+line)
			current.Reset()
		}
	}
	return all
}

func withoutParts(segment string) string {
	var b strings.Builder
	for line := range strings.Lines(segment) {
		if !strings.HasPrefix(line, "#EXT-X-PART:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// RFC 8216bis §6.2.5.1: merged with the playlist before it, a delta update is the
// whole playlist, over blocks, reconnects and removals.
func TestDeltaUpdatesMerge(t *testing.T) {
	for _, window := range []time.Duration{30 * time.Second, 8 * time.Minute} {
		s := NewStream(Config{Window: 30 * time.Second, DVR: window}, &keeper{})
		src := newSource(s, [2]int64{10, 1}, 20, 0)
		src.begin(t, "a")
		src.run(20 * time.Second)
		snap := rendition(t, s, "source").Snapshot()
		before, first := segments(text(snap.Playlist(SkipNothing)), ""), int(snap.closed[0].MSN)
		skips := 0
		for i := range 600 {
			if i == 200 {
				s.End()
				src.base, src.frame = src.dts(src.frame)+90000, 0
				src.begin(t, "b")
			}
			src.run(time.Second)
			snap := rendition(t, s, "source").Snapshot()
			whole, delta := text(snap.Playlist(SkipNothing)), text(snap.Playlist(SkipSegments))
			if strings.Contains(delta, "#EXT-X-SKIP") {
				skips++
			}
			want := segments(whole, "")
			if got := merge(t, before, first, delta); !slices.Equal(got, want) {
				t.Fatalf("window %v, second %d: merged\n%s\nwhole\n%s", window, i, got, want)
			}
			before, first = want, int(snap.closed[0].MSN)
		}
		if skips < 590 {
			t.Errorf("only %d delta updates skipped anything", skips)
		}
	}
}

// Texts that were put together of blocks say what one in one piece would, and so do
// their compressed forms.
func TestBlocksChangeNothing(t *testing.T) {
	s := NewStream(Config{DVR: 10 * time.Minute}, &keeper{})
	src := newSource(s, [2]int64{10, 1}, 20, 48000)
	src.begin(t, "a")
	src.run(15 * time.Minute)
	snap := rendition(t, s, "source").Snapshot()
	if len(snap.blocks) < 3 {
		t.Fatalf("%d blocks", len(snap.blocks))
	}
	loose := &Snapshot{
		at: snap.at, header: snap.header, reports: snap.reports, closed: snap.closed, listed: snap.listed,
		open: snap.open, openParts: snap.openParts, dates: snap.dates, LastMSN: snap.LastMSN, OpenParts: snap.OpenParts,
	}
	loose.prepareDocuments()
	for skip := range skipCount {
		// Each block restates its EXT-X-MAP.
		a, b := segments(text(snap.Playlist(skip)), ""), segments(text(loose.Playlist(skip)), "")
		if !slices.Equal(a, b) {
			t.Errorf("skip %d:\n%s\nwithout blocks:\n%s", skip, a, b)
		}
	}
	for name, d := range map[string]*Document{"media": snap.Playlist(SkipNothing), "delta": snap.Playlist(SkipSegments), "I-frames": snap.IFrames()} {
		r, err := gzip.NewReader(bytes.NewReader(d.Gzip()))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, d.Plain()) {
			t.Errorf("%s: gzip holds something else (%v)", name, err)
		}
	}
}

func TestWindowOfHoursCostsLittle(t *testing.T) {
	s := NewStream(Config{DVR: time.Hour}, &keeper{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(3*time.Hour + 10*time.Minute)
	w := &rendition(t, s, "source").window
	if n := len(w.closed); n < 1800 || n > 1810 {
		t.Errorf("%d segments are listed", n)
	}
	if n := len(w.retained); n < 3600 || n > 3620 {
		t.Errorf("%d segments can be fetched", n)
	}
	indexes := 0
	for _, segment := range w.retained {
		if segment.index.Load() != nil {
			indexes++
		}
	}
	if indexes > 10 {
		t.Errorf("%d segments remember their parts", indexes)
	}
}

// keeper is storage that takes what it is told to.
type keeper struct {
	nothing
	full bool
}

type emptyFile struct{}

func (emptyFile) Open() (io.ReadSeekCloser, error) { return nopCloser{strings.NewReader("")}, nil }

func (k *keeper) Segment(_ string, s *Segment) {
	if !k.full {
		s.MarkStored(emptyFile{})
	}
}

// What can't be stored is not listed longer than memory holds it.
func TestFullDiskShortensTheWindow(t *testing.T) {
	disk := &keeper{}
	s := NewStream(Config{DVR: time.Hour}, disk)
	src := newSource(s, [2]int64{10, 1}, 20, 48000)
	src.begin(t, "a")
	src.run(10 * time.Minute)
	w := &rendition(t, s, "source").window
	if n := len(w.closed); n < 295 {
		t.Fatalf("%d segments are listed", n)
	}
	if n := len(w.inMemory); n > 5 {
		t.Errorf("%d segments in memory though the disk has them", n)
	}
	disk.full = true
	src.run(5 * time.Minute)
	if n := len(w.inMemory); n > 40 {
		t.Errorf("%d segments in memory", n)
	}
	for _, segment := range w.closed {
		if r, err := segment.Open(); err != nil {
			t.Errorf("%d is listed: %v", segment.MSN, err)
		} else {
			_ = r.Close()
		}
	}
	disk.full = false
	src.run(5 * time.Minute)
	if n := len(w.closed); n < 150 {
		t.Errorf("the window does not grow again: %d segments", n)
	}
}

func TestClips(t *testing.T) {
	s := NewStream(Config{DVR: 10 * time.Minute}, &keeper{})
	src := newSource(s, [2]int64{10, 1}, 20, 48000)
	src.begin(t, "a")
	src.run(5 * time.Minute)
	at := func(seconds int) time.Time { return startTime.Add(time.Duration(seconds) * time.Second) }
	snap := rendition(t, s, "source").Snapshot()
	clip := func(span Span) string {
		d, err := snap.Clip(span, SkipNothing)
		if err != nil {
			t.Fatal(err)
		}
		return text(d)
	}
	finished := clip(Span{Start: at(61), End: at(120)})
	if number(t, finished, "#EXT-X-MEDIA-SEQUENCE:") != 30 || len(segments(finished, "")) != 30 {
		t.Errorf("not segments 30 to 59:\n%s", finished)
	}
	for _, want := range []string{"#EXT-X-PLAYLIST-TYPE:VOD\n", "#EXT-X-ENDLIST\n", "#EXT-X-MAP:"} {
		if !strings.Contains(finished, want) {
			t.Errorf("a clip lacks %s", want)
		}
	}
	for _, unwanted := range []string{"#EXT-X-PART", "PRELOAD-HINT", "SERVER-CONTROL", "RENDITION-REPORT"} {
		if strings.Contains(finished, unwanted) {
			t.Errorf("a clip has %s", unwanted)
		}
	}
	// One that ends within a block, or begins in one, has no more than was asked for.
	for _, span := range []Span{{Start: at(100), End: at(200)}, {Start: at(130), End: at(290)}} {
		d := clip(span)
		first, last := int(span.Start.Sub(startTime)/time.Second)/2, int(span.End.Sub(startTime)/time.Second)/2
		if list := segments(d, ""); number(t, d, "#EXT-X-MEDIA-SEQUENCE:") != first || len(list) != last-first || !strings.HasSuffix(list[len(list)-1], fmt.Sprintf("/%d.m4s\n", last-1)) {
			t.Errorf("not segments %d to %d:\n%s", first, last-1, d)
		}
	}
	live := clip(Span{Start: at(100)})
	if number(t, live, "#EXT-X-MEDIA-SEQUENCE:") != 50 || strings.Contains(live, "ENDLIST") || !strings.Contains(live, "PRELOAD-HINT") {
		t.Errorf("start-over:\n%s", live)
	}
	if unfinished := clip(Span{Start: at(290), End: at(400)}); strings.Contains(unfinished, "ENDLIST") {
		t.Errorf("ended before its end:\n%s", unfinished)
	}
	for _, gone := range []Span{{Start: at(400)}, {Start: at(-100), End: at(-50)}} {
		if _, err := snap.Clip(gone, SkipNothing); err == nil {
			t.Errorf("%v is there", gone)
		}
	}
	// The clip stays as it is while the stream goes on.
	src.run(20 * time.Second)
	snap = rendition(t, s, "source").Snapshot()
	if clip(Span{Start: at(61), End: at(120)}) != finished {
		t.Error("a finished clip changed")
	}
	if index := text(s.Multivariant(Span{Start: at(61), End: at(120)})); !strings.Contains(index, "\nsource.m3u8?end=2026-11-23T12%3A02%3A00Z&start=2026-11-23T12%3A01%3A01Z\n") {
		t.Errorf("the multivariant playlist leads elsewhere:\n%s", index)
	}
}

func TestDateRanges(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{10, 1}, 20, 0)
	src.begin(t, "a")
	src.run(9 * time.Second)
	length := 20 * time.Second
	for i, d := range []hls.DateRange{
		{ID: "ad-1", Class: "ad", Start: startTime.Add(8 * time.Second), Planned: length},
		{ID: "goal", Start: startTime.Add(8500 * time.Millisecond), Attributes: []hls.Attribute{{Name: "X-TEXT", Value: "goal!"}}},
	} {
		if err := s.AddDateRange(d); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if err := s.AddDateRange(hls.DateRange{ID: "a\"b", Start: startTime}); err == nil {
		t.Error("an ID with a quote was taken")
	}
	playlists := func() (whole, v2 string) {
		snap := rendition(t, s, "source").Snapshot()
		return text(snap.Playlist(SkipNothing)), text(snap.Playlist(SkipDateRanges))
	}
	whole, v2 := playlists()
	want := "#EXT-X-DATERANGE:ID=\"ad-1\",CLASS=\"ad\",START-DATE=\"2026-11-23T12:00:08.000Z\",PLANNED-DURATION=20.000000\n" +
		"#EXT-X-DATERANGE:ID=\"goal\",START-DATE=\"2026-11-23T12:00:08.500Z\",X-TEXT=\"goal!\"\n"
	if !strings.Contains(whole, want) || !strings.Contains(v2, want) {
		t.Errorf("they are not there at once:\n%s\n%s", whole, v2)
	}
	src.run(15 * time.Second)
	if whole, v2 = playlists(); !strings.Contains(whole, want) || strings.Contains(v2, "#EXT-X-DATERANGE") {
		t.Errorf("beyond the skip boundary:\n%s\n%s", whole, v2)
	}
	// The planned end becomes the end, the start stays.
	if err := s.AddDateRange(hls.DateRange{ID: "ad-1", Start: startTime.Add(time.Hour), Duration: &length}); err != nil {
		t.Fatal(err)
	}
	if _, v2 = playlists(); !strings.Contains(v2, `ID="ad-1",CLASS="ad",START-DATE="2026-11-23T12:00:08.000Z",DURATION=20.000000`) {
		t.Errorf("the change is not in the delta update:\n%s", v2)
	}
	src.run(17 * time.Second) // the goal leaves the window, the break has not ended
	if whole, v2 = playlists(); strings.Contains(whole, "goal") || !strings.Contains(v2, `RECENTLY-REMOVED-DATERANGES="goal"`) || !strings.Contains(whole, "ad-1") {
		t.Errorf("after removal:\n%s\n%s", whole, v2)
	}
	src.run(40 * time.Second)
	if whole, v2 = playlists(); strings.Contains(whole, "DATERANGE:") || !strings.Contains(v2, `RECENTLY-REMOVED-DATERANGES=""`) {
		t.Errorf("long after:\n%s\n%s", whole, v2)
	}
}

func TestIFramePlaylist(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "a")
	src.run(20 * time.Second)
	r := rendition(t, s, "source")
	playlist := text(r.Snapshot().IFrames())
	golden(t, "source.iframes.m3u8", []byte(playlist))
	segment := r.Snapshot().closed[2]
	chunk := segment.Chunks()
	if chunk == nil {
		t.Fatal("the segment has left memory")
	}
	// One sample of 200 bytes at the beginning of mdat.
	if want := bytes.Index(chunk[0], []byte("mdat")) + 4 + 200; segment.KeyFrame.End != want {
		t.Errorf("the keyframe ends at %d, want %d", segment.KeyFrame.End, want)
	}
}
