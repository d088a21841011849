package packager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// diary is a recorder that keeps a history in memory, and what it must outlive: JSON.
type diary struct {
	Discard
	history History
	bytes   map[string]held
}

func (d *diary) of(name string) *RenditionHistory {
	for i := range d.history.Renditions {
		if d.history.Renditions[i].Name == name {
			return &d.history.Renditions[i]
		}
	}
	d.history.Renditions = append(d.history.Renditions, RenditionHistory{Name: name})
	return &d.history.Renditions[len(d.history.Renditions)-1]
}

func (d *diary) StreamParams(s StreamParams) { d.history.StreamParams = s }
func (d *diary) Init(name string, i Init) {
	d.of(name).Inits = append(d.of(name).Inits, i)
}

func (d *diary) Segment(name string, s *Segment) {
	d.of(name).Entries = append(d.of(name).Entries, s.Entry)
	if d.of(name).Parts == nil {
		d.of(name).Parts = make(map[int64][]Part)
	}
	d.of(name).Parts[s.MSN] = s.Parts()
	if d.bytes == nil {
		d.bytes = make(map[string]held)
	}
	d.bytes[fmt.Sprint(name, s.MSN)] = bytes.Join(s.Chunks(), nil)
	s.MarkStored(d.bytes[fmt.Sprint(name, s.MSN)])
}

func (d *diary) TimedObject(name string, o *TimedObject) {
	if len(d.history.TimedObjects) == 0 {
		d.history.TimedObjects = []TimedObjectHistory{{Name: name}}
	}
	h := &d.history.TimedObjects[0]
	h.Entries = append(h.Entries, o.TimedObjectEntry)
}
func (d *diary) DateRange(r hls.DateRange) { d.history.DateRanges = append(d.history.DateRanges, r) }

// reread is the history after a journey through JSON.
func (d *diary) reread(t *testing.T) (h History) {
	t.Helper()
	text, err := json.Marshal(d.history)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// held is a stored segment, in memory.
type held []byte

func (h held) Open() (io.ReadSeekCloser, error) { return nopCloser{bytes.NewReader(h)}, nil }

func (d *diary) locate(name string, e Entry) Stored {
	return d.bytes[fmt.Sprint(name, e.MSN)]
}

// closedOnly is what a playlist says of closed segments: without parts and what
// follows the last segment.
func closedOnly(playlist string) string {
	var kept []string
	for line := range strings.Lines(playlist) {
		if strings.HasPrefix(line, "#EXT-X-PART:") || strings.HasPrefix(line, "#EXT-X-PRELOAD") || strings.HasPrefix(line, "#EXT-X-RENDITION") {
			continue
		}
		kept = append(kept, line)
	}
	text := strings.Join(kept, "")
	if i := strings.LastIndex(text, ".m4s\n"); i >= 0 {
		text = text[:i+5]
	}
	return text
}

// A stream that was restored says what the one before it said, and goes on from
// there after a discontinuity, without using a number twice.
func TestRestoredStreamGoesOn(t *testing.T) {
	for _, muxed := range []bool{false, true} {
		for _, torn := range []bool{false, true} {
			t.Run(fmt.Sprintf("muxed=%v,torn=%v", muxed, torn), func(t *testing.T) { testRestore(t, muxed, torn) })
		}
	}
}

func testRestore(t *testing.T, muxed, torn bool) {
	d := &diary{}
	cfg := Config{Muxed: muxed, DVR: 10 * time.Minute}
	s := NewStream(cfg, d)
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "first")
	src.run(400 * time.Second) // more than a block
	if err := s.AddDateRange(hls.DateRange{ID: "song", Start: startTime.Add(8 * time.Second), Planned: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if !torn {
		s.End()
	}
	h := d.reread(t)
	h.Torn = torn
	again, err := Restore(cfg, Discard{}, h, d.locate)
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range s.lists.lists {
		r := rendition(t, again, old.Name())
		want, got := closedOnly(string(old.Snapshot().Playlist(SkipNothing).Plain())), closedOnly(string(r.Snapshot().Playlist(SkipNothing).Plain()))
		if !strings.HasPrefix(got, want) {
			t.Fatalf("%s was\n%s\nand is\n%s", old.Name(), want, got)
		}
		if gaps := strings.Count(got[len(want):], "#EXT-X-GAP"); (gaps == 1) != torn {
			t.Errorf("%s: %d gaps follow", old.Name(), gaps)
		}
		if last := r.Snapshot().closed[len(r.Snapshot().closed)-1]; torn && last.Duration > 100*time.Millisecond {
			t.Errorf("%s: a gap of %v, over which hls.js doesn't pass", old.Name(), last.Duration)
		}
		// Players that were there before ask by part for what comes next.
		if was, is := string(old.Snapshot().Playlist(SkipNothing).Plain()), string(r.Snapshot().Playlist(SkipNothing).Plain()); !torn && was != is {
			t.Errorf("%s with its parts was\n%s\nand is\n%s", old.Name(), was[max(0, len(was)-2500):], is[max(0, len(is)-2500):])
		}
	}
	if was, is := string(s.Multivariant(Span{}).Plain()), string(again.Multivariant(Span{}).Plain()); was != is {
		t.Errorf("the multivariant playlist was\n%s\nand is\n%s", was, is)
	}
	next := rendition(t, again, "source").Snapshot().LastMSN + 1
	src.stream, src.base, src.frame, src.sound = again, 420*90000, 0, 0
	src.begin(t, "second")
	src.run(10 * time.Second)
	for _, r := range again.lists.lists {
		text := string(r.Snapshot().Playlist(SkipNothing).Plain())
		if want := fmt.Sprintf("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"second/%s/init.mp4\"\n", r.Name()); !strings.Contains(text, want) ||
			!strings.Contains(text, fmt.Sprintf("second/%s/%d.m4s", r.Name(), next)) {
			t.Errorf("%s does not go on with %d:\n%s", r.Name(), next, text[max(0, len(text)-2500):])
		}
		if !strings.Contains(text, `ID="song"`) {
			t.Error("the date range is gone")
		}
	}
	first, err := rendition(t, again, "source").Segment("first", Position{MSN: 3, Part: WholeSegment})
	if err != nil {
		t.Fatal(err)
	}
	r, err := first.Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || len(b) != first.Size {
		t.Errorf("%d bytes of %d, %v", len(b), first.Size, err)
	}
}

// A history with too large a hole, or out of order, is refused: gaps without number
// would follow.
func TestFilledHistories(t *testing.T) {
	const gap = 2 * time.Second
	entries := func(numbers ...int64) (list []Entry) {
		for _, n := range numbers {
			list = append(list, Entry{MSN: n, Epoch: "p", Duration: gap, ProgramDateTime: startTime.Add(time.Duration(n) * gap)})
		}
		return list
	}
	of := func(all ...[]Entry) (h History) {
		for i, list := range all {
			h.Renditions = append(h.Renditions, RenditionHistory{Name: fmt.Sprint("r", i), Inits: []Init{{Epoch: "p"}}, Entries: list})
		}
		return h
	}
	for _, tt := range []struct {
		name  string
		h     History
		first int64
		want  []int // of each rendition, how many segments; nil: it is refused
	}{
		{"whole", of(entries(3, 4, 5)), 3, []int{3}},
		{"a hole", of(entries(3, 7)), 3, []int{5}},
		{"one lacks what the other has", of(entries(3, 4, 5, 6), entries(4, 6)), 3, []int{4, 3}},
		{"the largest hole", of(entries(1, 1+maxHole)), 1, []int{1 + maxHole}},
		{"a larger one", of(entries(1, 2+maxHole)), 1, nil},
		{"twice the same", of(entries(1, 2, 3), entries(1, 2, 2, 3)), 1, nil},
		{"backwards", of(entries(1, 2, 3), entries(2, 1)), 1, nil},
		{"nothing", of(entries()), 0, nil},
	} {
		got, err := tt.h.Filled(gap)
		if (err == nil) != (tt.want != nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		for i, n := range tt.want {
			r := got.Renditions[i]
			for j, e := range r.Entries {
				if at := e.ProgramDateTime.Sub(startTime); e.MSN != r.Entries[0].MSN+int64(j) || at != time.Duration(e.MSN)*gap {
					t.Errorf("%s: %s has %d at %v in place %d", tt.name, r.Name, e.MSN, at, j)
				}
			}
			if len(r.Entries) != n || i == 0 && r.Entries[0].MSN != tt.first {
				t.Errorf("%s: %s has %d segments from %d on, want %d", tt.name, r.Name, len(r.Entries), r.Entries[0].MSN, n)
			}
		}
	}
	// What follows a discontinuity counts it.
	h := of(entries(1, 2))
	h.Renditions[0].Entries[1].Discontinuity, h.Renditions[0].Entries[1].Discontinuities, h.Torn = true, 4, true
	got, err := h.Filled(gap)
	if err != nil || len(got.Renditions[0].Entries) != 3 || got.Torn {
		t.Fatalf("%+v, %v", got, err)
	}
	if lost := got.Renditions[0].Entries[2]; !lost.Gap || lost.Discontinuity || lost.Discontinuities != 5 {
		t.Errorf("%+v", lost)
	}
}

// A rendition that lacks segments which others have gets gaps for them.
func TestRestoreFillsHoles(t *testing.T) {
	d := &diary{}
	s := NewStream(Config{}, d)
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(20 * time.Second)
	s.End()
	h := d.reread(t)
	audio := &h.Renditions[1]
	if audio.Name != "audio" {
		audio = &h.Renditions[0]
	}
	audio.Entries = append(audio.Entries[2:4], audio.Entries[5:8]...)
	again, err := Restore(Config{}, Discard{}, h, d.locate)
	if err != nil {
		t.Fatal(err)
	}
	snap := rendition(t, again, "audio").Snapshot()
	if first := snap.closed[0].MSN; first != 2 {
		t.Errorf("begins with %d, want 2", first)
	}
	for i, s := range snap.closed {
		if want := s.MSN == 4 || s.MSN > 7; s.Gap != want || s.MSN != int64(i)+2 {
			t.Errorf("segment %d: gap %v", s.MSN, s.Gap)
		}
	}
	if last := rendition(t, again, "source").Snapshot().LastMSN; snap.LastMSN != last {
		t.Errorf("ends with %d, the picture with %d", snap.LastMSN, last)
	}
	h.Renditions = nil
	if _, err := Restore(Config{}, Discard{}, h, d.locate); err == nil {
		t.Error("a history of nothing was restored")
	}
}

// A mirror fed with what a stream has closed lists it as static files want it.
func TestMirrorListsWhatItIsGiven(t *testing.T) {
	d := &diary{}
	s := NewStream(Config{}, d)
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(60 * time.Second)
	mirror := NewStream(Config{Static: true, Base: "../../"}, Discard{})
	mirror.SetStreamParams(d.history.StreamParams)
	for _, r := range d.history.Renditions {
		for _, init := range r.Inits {
			mirror.AppendInit(r.Name, init)
		}
		if offered := text(mirror.Multivariant(Span{})); strings.Contains(offered, r.Name+".m3u8") {
			t.Errorf("%s is offered before its first segment:\n%s", r.Name, offered)
		}
		for i, e := range r.Entries {
			mirror.Append(r.Name, e, d.locate)
			if i > 0 {
				mirror.Append(r.Name, r.Entries[i-1], d.locate) // again: it is there
			}
		}
		if closed := rendition(t, mirror, r.Name).window.closed; len(closed) > 16 || closed[len(closed)-1].MSN != r.Entries[len(r.Entries)-1].MSN {
			t.Errorf("%s lists %d segments", r.Name, len(closed))
		}
	}
	if was, is := text(s.Multivariant(Span{})), text(mirror.Multivariant(Span{})); was != is {
		t.Errorf("the multivariant playlist is\n%s\nand that of the mirror\n%s", was, is)
	}
	playlist := string(rendition(t, mirror, "source").Snapshot().Playlist(SkipNothing).Plain())
	for _, unwanted := range []string{"SERVER-CONTROL", "PART", "RENDITION-REPORT", "PRELOAD"} {
		if strings.Contains(playlist, unwanted) {
			t.Errorf("%s in a static playlist:\n%s", unwanted, playlist)
		}
	}
	live := string(rendition(t, s, "source").Snapshot().Playlist(SkipNothing).Plain())
	for line := range strings.SplitSeq(live, "\n") {
		if strings.HasSuffix(line, ".m4s") && !strings.HasPrefix(line, "#") && !strings.Contains(playlist, "../../"+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, playlist)
		}
	}
	var sequence string
	for line := range strings.Lines(live) {
		if strings.HasPrefix(line, "#EXT-X-MEDIA-SEQUENCE") {
			sequence = line
		}
	}
	if sequence == "" || !strings.Contains(playlist, sequence) {
		t.Errorf("the window is another, want %s:\n%s", sequence, playlist)
	}
}
