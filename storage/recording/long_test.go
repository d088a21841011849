package recording

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// writeLong writes the journal of a broadcast of so many hours in three renditions of
// 2 s segments, as a server finds it that was killed.
func writeLong(tb testing.TB, dir string, hours int) {
	tb.Helper()
	head := Head{Version: journalVersion, ID: "20261123-000000-00000000", Stream: "show", Title: "Show", Begun: epoch}
	j, err := createJournal(filepath.Join(dir, journalDir, "show~"+head.ID+journalSuffix), head)
	if err != nil {
		tb.Fatal(err)
	}
	defer j.close()
	add := func(l line) {
		if err := j.append(l); err != nil {
			tb.Fatal(err)
		}
	}
	add(line{StreamParams: &packager.StreamParams{TargetDuration: 2, LongestPart: 234 * time.Millisecond, Frame: 3000, FrameRate: 30000}})
	names := []string{"audio", "low", "lower"}
	for _, name := range names {
		add(line{Init: &initLine{name, packager.Init{Epoch: "4f1c2e9d0b7a", Track: soundTrack, Section: make([]byte, 700)}}})
	}
	for msn := range int64(hours * 1800) {
		at := epoch.Add(time.Duration(msn) * 2 * time.Second)
		for _, name := range names {
			add(line{Segment: &segmentLine{Rendition: name, Entry: packager.Entry{
				MSN: msn, Epoch: "4f1c2e9d0b7a", ProgramDateTime: at, Duration: 2 * time.Second, Size: 750_000,
				Start: media.Ticks(msn * 180_000), KeyFrame: packager.KeyFrame{End: 60_000, Size: 59_000},
			}}})
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resumeLong is a server's start with such a broadcast on its disk; it returns what
// the first viewers need, playlists rendered and compressed.
func resumeLong(tb testing.TB, dir string, dvr time.Duration) (*packager.Stream, func()) {
	tb.Helper()
	cfg := packager.Config{DVR: dvr}.WithDefaults()
	a, err := Open(Config{Dir: dir, Packager: cfg})
	if err != nil {
		tb.Fatal(err)
	}
	unfinished := a.Resume()
	if len(unfinished) != 1 {
		tb.Fatalf("%d streams", len(unfinished))
	}
	u := unfinished[0]
	s, err := packager.Restore(cfg, packager.Discard{}, u.History, u.Locate)
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range s.Renditions() {
		_ = r.Snapshot().Playlist(packager.SkipNothing).Gzip()
	}
	return s, func() {
		a.worker.stop()
		u.Recorder.closeJournal()
		_ = a.Close()
	}
}

// Twelve hours of rewind cost little memory more than a minute, and little time at
// the start.
func TestTwelveHoursOfRewind(t *testing.T) {
	dir := t.TempDir()
	writeLong(t, dir, 12)
	info, err := os.Stat(filepath.Join(dir, journalDir, filesIn(filepath.Join(dir, journalDir), "")[0]))
	if err != nil {
		t.Fatal(err)
	}
	empty := heap()
	begun := time.Now()
	long, stop := resumeLong(t, dir, 12*time.Hour)
	took := time.Since(begun)
	whole := heap() - empty
	runtime.KeepAlive(long)
	stop()
	empty = heap()
	short, stop := resumeLong(t, dir, time.Minute)
	minute := heap() - empty
	runtime.KeepAlive(short)
	stop()
	fmt.Printf("FIGURE %s: 12 h of three renditions: journal %d MB, ready again after %.2f s, %.0f MB of heap; 1 min: %.0f MB\n",
		t.Name(), info.Size()>>20, took.Seconds(), float64(whole)/1e6, float64(minute)/1e6)
	if more := int64(whole) - int64(minute); more > 100<<20 {
		t.Errorf("%d MB more for 12 h", more>>20)
	}
}

func BenchmarkResume(b *testing.B) {
	dir := b.TempDir()
	writeLong(b, dir, 12)
	b.ReportAllocs()
	for b.Loop() {
		_, stop := resumeLong(b, dir, 12*time.Hour)
		stop()
	}
}
