package recording

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// slowReplica notes what it is asked for, and does it when the test says so.
type slowReplica struct {
	*bucket
	name    string
	done    []func()
	deleted []string // keys and prefixes
	lost    bool     // it has given segments up
	closed  int
}

func (s *slowReplica) Name() string { return s.name }

func (s *slowReplica) Writer(h Head, o WriterOptions) ReplicaWriter {
	w := slowWriter{&bucketWriter{bucket: s.bucket, head: h}, s}
	if o.Resume != nil {
		o.Resume(w)
	}
	return w
}

func (s *slowReplica) Delete(_ string, keys, prefixes []string, done func()) {
	s.deleted = append(append(s.deleted, keys...), prefixes...)
	s.done = append(s.done, done)
}

// finish does what it was asked for.
func (s *slowReplica) finish() {
	done := s.done
	s.done = nil
	for _, f := range done {
		f()
	}
}

type slowWriter struct {
	*bucketWriter
	replica *slowReplica
}

func (w slowWriter) Lost(_ string, msn int64) bool { return w.replica.lost && msn == 1 }

func (w slowWriter) End(_ []string, done func()) { w.replica.done = append(w.replica.done, done) }

func (w slowWriter) Close() { w.replica.closed++ }

// twoReplicas is a library with a recording of sound, whose replicas have not copied it.
func twoReplicas(t *testing.T, dir string, lost bool) (*server, Recording, *slowReplica, *slowReplica) {
	t.Helper()
	first, second := &slowReplica{bucket: newBucket(), name: "first"}, &slowReplica{bucket: newBucket(), name: "second", lost: lost}
	s := startWith(t, dir, true, func(c *Config) { c.Replicas, c.Remote = []Replica{first, second}, first })
	first.library, second.library = s.Library, s.Library
	r, stream := s.begin(t, 21*time.Second)
	end(s, t, r, stream)
	all, err := s.List(t.Context(), "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return s, all[0], first, second
}

// The media of a recording leave the disk when every replica has them, and not before.
func TestMediaStayUntilAllHaveThem(t *testing.T) {
	dir := t.TempDir()
	s, r, first, second := twoReplicas(t, dir, false)
	want := mediaOnDisk(t, dir)
	first.finish()
	s.drained(t)
	if left := mediaOnDisk(t, dir); !slices.Equal(left, want) || len(left) == 0 {
		t.Errorf("left after the first: %v of %v", left, want)
	}
	second.finish()
	s.drained(t)
	if left := mediaOnDisk(t, dir); len(left) > 0 {
		t.Errorf("left after both: %v", left)
	}
	for _, name := range []string{"first", "second"} {
		if _, err := os.Stat(s.replicator.copiedPath(Head{Stream: "show", ID: r.ID}, name)); err != nil {
			t.Error(err)
		}
	}
}

// A replica that lacks segments does not count as one that has the recording.
func TestMediaStayWhenAReplicaLacksSome(t *testing.T) {
	dir := t.TempDir()
	s, r, first, second := twoReplicas(t, dir, true)
	first.finish()
	second.finish()
	s.drained(t)
	if left := mediaOnDisk(t, dir); len(left) == 0 {
		t.Error("nothing is left")
	}
	if _, err := os.Stat(s.replicator.copiedPath(Head{Stream: "show", ID: r.ID}, "second")); err == nil {
		t.Error("the second replica is said to have the recording")
	}
	if strings.Count(s.log.String(), "lacks segments") != 1 {
		t.Errorf("it is not logged:\n%s", s.log)
	}
}

// A segment that only one of the replicas has given up is no gap of the recording.
func TestLostSegments(t *testing.T) {
	lost := func(lost bool) replicaWriter {
		return replicaWriter{slowWriter{&bucketWriter{}, &slowReplica{lost: lost}}, ""}
	}
	for _, tt := range []struct {
		name    string
		writers replicaWriters
		want    bool
	}{
		{"no replica", nil, false},
		{"one of two", replicaWriters{lost(true), lost(false)}, false},
		{"both", replicaWriters{lost(true), lost(true)}, true},
	} {
		if got := tt.writers.allLost("audio", 1); got != tt.want || tt.writers.allLost("audio", 0) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// A deletion is remembered until all replicas have done it, over a restart too; copying ends
// at once, and what was read back is forgotten twice: what was read meanwhile, too.
func TestDeletionIsRememberedUntilAllHaveDoneIt(t *testing.T) {
	dir := t.TempDir()
	s, r, first, second := twoReplicas(t, dir, false)
	segment := SegmentKey("show", "audio", packager.Entry{MSN: 0, Epoch: "first"})
	first.done, second.done = nil, nil
	if err := s.Delete(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	s.drained(t)
	if first.closed != 1 || second.closed != 1 {
		t.Errorf("%d and %d writers were closed", first.closed, second.closed)
	}
	want := []string{"live/show/index.m3u8", "live/show/audio.m3u8", "live/show/audio" + packager.IFramesSuffix + ".m3u8",
		"live/show/recordings/" + r.ID + "/", "live/show/first/"}
	if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(first.deleted)), want) {
		t.Errorf("to be deleted: %q, want %q", first.deleted, want)
	}
	first.finish()
	s.drained(t)
	if !s.tombstones.has(r.ID) {
		t.Error("the deletion is forgotten, but the second replica has not done it")
	}
	if n := forgotten(first.bucket, segment); n != 1 {
		t.Errorf("the segment was forgotten %d times", n)
	}

	third := &slowReplica{bucket: newBucket(), name: "first"}
	again := startWith(t, kill(t, dir), true, func(c *Config) { c.Replicas, c.Remote = []Replica{third}, third })
	third.library = again.Library
	again.Resume()
	again.idle(t)
	if !slices.Equal(slices.Sorted(slices.Values(third.deleted)), want) {
		t.Errorf("to be deleted after a restart: %q, want %q", third.deleted, want)
	}
	third.finish()
	again.drained(t)
	if again.tombstones.has(r.ID) || forgotten(third.bucket, segment) != 2 {
		t.Error("the deletion was done, and is remembered")
	}
	second.finish()
	s.drained(t)
	if s.tombstones.has(r.ID) || forgotten(first.bucket, segment) != 2 {
		t.Error("the deletion was done, and is remembered")
	}
}

func forgotten(b *bucket, key string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.forgot {
		if k == key {
			n++
		}
	}
	return n
}
