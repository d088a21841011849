package recording

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// Nothing is left of a stream that is forgotten, not even its directory, however long it
// was on air and however often its publisher came back.
func TestForgottenStreamLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	r := s.Recorder("show")
	stream := packager.NewStream(s.packaging, r)
	const long = (compactAfter + 100) * 2 * time.Second // until the journal has forgotten what was before
	at := time.Duration(0)
	for _, p := range []struct {
		name   string
		length time.Duration
	}{{"first", 21 * time.Second}, {"second", long}, {"third", 21 * time.Second}} {
		s.publish(t, stream, p.name, at, p.length)
		stream.End()
		r.Pause()
		at += p.length + 5*time.Second
	}
	s.drained(t)
	publications := func() (names []string) {
		for _, path := range directoriesIn(filepath.Join(dir, "live", "show")) {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	if got := publications(); slices.Contains(got, "first") || !slices.Contains(got, "third") {
		t.Errorf("on air there are %v", got)
	}
	stream.Finish()
	r.Finish()
	r.Close()
	s.idle(t)
	if left := append(filesBelow(t, dir), directoriesIn(filepath.Join(dir, "live"))...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// What an earlier version left empty is removed at the start, and nothing else.
func TestEmptyDirectoriesAreRemovedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"empty/pub/audio", "empty/recordings", "kept/pub/audio", "kept/pub/source", "gone"} {
		if err := os.MkdirAll(filepath.Join(dir, "live", path), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "live/kept/pub/audio/init.mp4"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, false)
	s.Resume()
	s.idle(t)
	if got := directoriesIn(filepath.Join(dir, "live")); len(got) != 1 || !strings.HasSuffix(got[0], "kept") {
		t.Errorf("there are %v", got)
	}
	if got := filesBelow(t, filepath.Join(dir, "live")); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}

// A file whose directory is removed while it is opened gets a new one.
func TestFilesInRemovedDirectories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pub", "audio", "0.m4s")
	tries := 0
	f, err := create(path, func() (*os.File, error) {
		if tries++; tries < 4 {
			_ = os.Remove(filepath.Dir(path))
		}
		return os.Create(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
