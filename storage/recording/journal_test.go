package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// onWriter runs f where the library writes.
func (s *server) onWriter(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	if !s.queue.enqueue(func() error { f(); close(done); return nil }) {
		t.Fatal("the library has stopped")
	}
	<-done
}

// What can't be written into the journal for a while is written later, in order.
func TestJournalWaitsForTheDisk(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	r, stream := s.begin(t, 20*time.Second)
	s.onWriter(t, func() {
		_ = r.journal.file.file.Close() // every write fails from now on
	})
	stream.End()
	s.publish(t, stream, "second", 30*time.Second, 20*time.Second)
	stream.End()
	s.onWriter(t, func() {
		if len(r.journal.backlog) == 0 {
			t.Error("nothing waits")
		}
		f, err := os.OpenFile(r.journal.path, os.O_RDWR, 0)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = f.WriteAt([]byte(`{"seg":{"r":"aud`), r.journal.file.size) // what a full disk left of a line
		r.journal.file.file = f
	})
	s.publish(t, stream, "third", 60*time.Second, 20*time.Second)
	s.drained(t)
	c, err := readJournal(r.journal.path)
	if err != nil {
		t.Fatal(err)
	}
	entries := c.Renditions[0].Entries
	for i, e := range entries {
		if e.MSN != int64(i) {
			t.Fatalf("entry %d is %d", i, e.MSN)
		}
	}
	if last := sound(t, stream).Snapshot().LastMSN; entries[len(entries)-1].MSN != last || len(c.Renditions[0].Inits) != 3 {
		t.Errorf("ends with %d of %d, %d inits", entries[len(entries)-1].MSN, last, len(c.Renditions[0].Inits))
	}
}

// A damaged line in the middle costs that line.
func TestDamagedJournal(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	_, stream := s.begin(t, 31*time.Second)
	stream.End()
	s.drained(t)
	path := s.journalPath("show")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	lines[len(lines)/2] = "\x00\x00rubbish\n"
	damaged := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(damaged, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readJournal(damaged)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := packager.Restore(s.packaging, packager.Discard{}, c.History, s.files.locate("show"))
	if err != nil || sound(t, restored).Snapshot().LastMSN != sound(t, stream).Snapshot().LastMSN+1 {
		t.Errorf("%v, ends with %d", err, sound(t, restored).Snapshot().LastMSN)
	}
}

// A journal tells the parts of the newest segments as they were listed, and of no more.
func TestJournalKeepsParts(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	r, stream := s.begin(t, 100*time.Second)
	stream.End()
	s.drained(t)
	c, err := readJournal(r.journal.path)
	if err != nil {
		t.Fatal(err)
	}
	audio := c.Renditions[0]
	if len(audio.Entries) <= packager.PartsKept || len(audio.Parts) != packager.PartsKept {
		t.Fatalf("parts of %d of %d segments", len(audio.Parts), len(audio.Entries))
	}
	restored, err := packager.Restore(s.packaging, packager.Discard{}, c.History, s.files.locate("show"))
	if err != nil {
		t.Fatal(err)
	}
	listed := func(of *packager.Stream) int {
		return strings.Count(string(sound(t, of).Snapshot().Playlist(packager.SkipNothing).Plain()), "#EXT-X-PART:")
	}
	if was, is := listed(stream), listed(restored); was == 0 || was != is {
		t.Errorf("%d parts were listed, now %d", was, is)
	}
}
