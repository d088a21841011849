package recording

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

// writeBroadcast writes the journal and the segments of a broadcast as an earlier run left
// them: so many segments of sound, and what follows them.
func writeBroadcast(t *testing.T, dir string, head Head, segments int, after ...line) {
	t.Helper()
	head.Version, head.Stream, head.Begun = journalVersion, "show", epoch
	f, err := openFiles(dir, nil, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.root.Close()
	lines := []line{
		{StreamParams: &packager.StreamParams{TargetDuration: 2}},
		{Init: &initLine{"audio", packager.Init{Epoch: head.ID, Track: soundTrack, Section: []byte("init")}}},
		{Date: &hls.DateRange{ID: "song", Start: epoch}},
	}
	for msn := range int64(segments) {
		e := packager.Entry{
			MSN: msn, Epoch: head.ID, ProgramDateTime: epoch.Add(time.Duration(msn) * 2 * time.Second), Duration: 2 * time.Second, Size: 7,
			Start: media.Ticks(msn) * 2 * 90000,
		}
		if _, err := writeFile(f.path(SegmentKey("show", "audio", e)), [][]byte{[]byte("segment")}); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line{Segment: &segmentLine{Rendition: "audio", Entry: e}})
	}
	j, err := createJournal(f.journalPath(head), head)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range append(lines, after...) {
		if err := j.append(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

// What an earlier run left goes on, becomes a recording or is removed, by what its journal
// says; a bucket is told of it, in order.
func TestResume(t *testing.T) {
	const older, newer = "20261122-120000-11111111", "20261123-120000-22222222"
	fed := func(id string, more ...string) []string {
		return append([]string{"shape 2", "init audio " + id, "date song", "segment audio 0: <nil>", "segment audio 1: <nil>"}, more...)
	}
	tests := []struct {
		name       string
		write      func(t *testing.T, dir string)
		goesOn     string // ID of the broadcast
		recordings []string
		told       []string // "closed" and what was fed, in order
		journals   int      // that are left
		segments   int      // that are left on the disk
	}{
		{"paused", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer, Record: true}, 2, line{Pause: true})
		}, newer, nil, fed(newer), 1, 2},
		{"torn", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer, Record: true}, 2)
		}, newer, nil, fed(newer, "gap audio 2"), 1, 2},
		{"ended, recorded", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer, Record: true}, 2, line{End: true})
		}, "", []string{newer}, fed(newer), 0, 0}, // the bucket has its media
		{"ended, not recorded", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer}, 2, line{End: true})
		}, "", nil, fed(newer, "closed"), 0, 0},
		{"nothing was published", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer, Record: true}, 0, line{Pause: true})
		}, "", nil, nil, 0, 0},
		{"two of one stream", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: older, Record: true}, 2, line{Pause: true})
			writeBroadcast(t, dir, Head{ID: newer, Record: true}, 2, line{Pause: true})
		}, newer, []string{older}, append(fed(newer), fed(older)...), 1, 2},
		{"of a later version", func(t *testing.T, dir string) {
			writeBroadcast(t, dir, Head{ID: newer}, 2)
			path := filepath.Join(dir, journalDir, "show~"+newer+journalSuffix)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text = []byte(strings.Replace(string(text), `"version":1`, `"version":2`, 1))
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "", nil, nil, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, b := t.TempDir(), newBucket()
			tt.write(t, dir)
			s := startWithBucket(t, dir, b)
			unfinished := s.Resume()
			s.idle(t)
			if got := len(unfinished); got != min(len(tt.goesOn), 1) {
				t.Fatalf("%d broadcasts go on\n%s", got, s.log)
			}
			if head, _ := s.live.head("show"); head.ID != tt.goesOn {
				t.Errorf("%q goes on, want %q", head.ID, tt.goesOn)
			}
			for _, u := range unfinished {
				if last := epoch.Add(4 * time.Second); u.LastEnd.Before(last) || u.Recorder.ID() != "show" || !u.Recorder.Begun().Equal(epoch) {
					t.Errorf("%+v", u)
				}
			}
			var made []string
			all, err := s.List(t.Context(), "")
			for _, r := range all {
				made = append(made, r.ID)
			}
			if !slices.Equal(made, tt.recordings) {
				t.Errorf("recordings %q, %v; want %q\n%s", made, err, tt.recordings, s.log)
			}
			if !slices.Equal(b.told, tt.told) {
				t.Errorf("told %q, want %q", b.told, tt.told)
			}
			if left := s.files.journals(); len(left) != tt.journals {
				t.Errorf("journals left: %v", left)
			}
			if left := mediaOnDisk(t, dir); len(left) != tt.segments {
				t.Errorf("segments left: %v", left)
			}
		})
	}
}

// The segment that was lost at the end of an earlier run has a number that is not used again,
// however often the server ends before the next.
func TestResumeTwice(t *testing.T) {
	dir := t.TempDir()
	writeBroadcast(t, dir, Head{ID: "20261123-120000-22222222", Record: true}, 2)
	for i := range 3 {
		s := start(t, dir, true)
		unfinished := s.Resume()
		s.idle(t)
		if len(unfinished) != 1 {
			t.Fatalf("start %d: %d broadcasts go on", i, len(unfinished))
		}
		entries := unfinished[0].History.Renditions[0].Entries
		if fmt.Sprint(len(entries), entries[len(entries)-1].Gap) != "3 true" || unfinished[0].History.Torn && i > 0 {
			t.Errorf("start %d: %+v", i, entries)
		}
		s.stop()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
