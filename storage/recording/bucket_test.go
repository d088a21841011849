package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// bucket is a storage in memory, which copies at once.
type bucket struct {
	library *Library

	mu      sync.Mutex
	objects map[string][]byte
	broken  map[string]bool // what can't be read
	ranges  []string        // what was read in part
	forgot  []string
	told    []string // what writers were told
}

// startWithBucket starts a library that copies to a bucket and reads back from it.
func startWithBucket(t *testing.T, dir string, b *bucket) *server {
	t.Helper()
	s := startWith(t, dir, true, func(c *Config) { c.FFmpeg, c.Replicas, c.Remote = "ffmpeg", []Replica{b}, b })
	b.library = s.Library
	return s
}

func newBucket() *bucket {
	return &bucket{objects: make(map[string][]byte), broken: make(map[string]bool)}
}

func (b *bucket) Name() string { return "bucket" }

func (b *bucket) Writer(h Head, o WriterOptions) ReplicaWriter {
	l := &bucketWriter{bucket: b, head: h}
	if o.Resume != nil {
		o.Resume(l)
	}
	return l
}

func (b *bucket) tell(format string, values ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, fmt.Sprintf(format, values...))
}

func (b *bucket) put(key string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = content
}

func (b *bucket) Put(keys []string, done func()) {
	for _, key := range keys {
		if content, err := os.ReadFile(b.library.files.path(key)); err == nil {
			b.put(key, content)
		}
	}
	done()
}

func (b *bucket) Delete(_ string, keys, prefixes []string, done func()) {
	b.mu.Lock()
	for key := range b.objects {
		if slices.Contains(keys, key) || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			delete(b.objects, key)
		}
	}
	b.mu.Unlock()
	done()
}

var errBroken = errors.New("the bucket is away")

func (b *bucket) Small(_ context.Context, key string) ([]byte, objectstore.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content, ok := b.objects[key]
	switch {
	case b.broken[key]:
		return nil, objectstore.Info{}, errBroken
	case !ok:
		return nil, objectstore.Info{}, objectstore.ErrNotFound
	}
	return content, objectstore.Info{}, nil
}

func (b *bucket) Open(ctx context.Context, key string) (io.ReadSeekCloser, objectstore.Info, error) {
	content, info, err := b.Small(ctx, key)
	if err != nil {
		return nil, info, err
	}
	return closable{bytes.NewReader(content)}, info, nil
}

func (b *bucket) Range(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	content, _, err := b.Small(ctx, key)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ranges = append(b.ranges, fmt.Sprintf("%s %d+%d", key, offset, length))
	return content[offset : offset+length], nil
}

func (b *bucket) Forget(keys ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgot = append(b.forgot, keys...)
}

type closable struct{ *bytes.Reader }

func (closable) Close() error { return nil }

// bucketWriter copies one broadcast.
type bucketWriter struct {
	*bucket
	head Head
	mu   sync.Mutex
	next int64
}

func (l *bucketWriter) StreamParams(s packager.StreamParams) { l.tell("shape %d", s.TargetDuration) }

func (l *bucketWriter) Init(rendition string, i packager.Init) {
	l.tell("init %s %s", rendition, i.Epoch)
	l.put(InitKey(l.head.Stream, rendition, i.Epoch), i.Section)
}

func (l *bucketWriter) Segment(rendition string, e packager.Entry, open func() (io.ReadSeekCloser, error)) {
	l.mu.Lock()
	l.next = max(l.next, e.MSN+1)
	l.mu.Unlock()
	if e.Gap {
		l.tell("gap %s %d", rendition, e.MSN)
		return
	}
	f, err := open()
	if err != nil {
		l.tell("segment %s %d: %v", rendition, e.MSN, err)
		return
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	l.tell("segment %s %d: %v", rendition, e.MSN, err)
	l.put(SegmentKey(l.head.Stream, rendition, e), content)
}

func (l *bucketWriter) DateRange(d hls.DateRange) { l.tell("date %s", d.ID) }

func (l *bucketWriter) TimedObjects(string, packager.TimedObjectEntry, func() (io.ReadSeekCloser, error)) {
}

func (l *bucketWriter) ExpireTimedObject(string, packager.TimedObjectEntry) {}

func (l *bucketWriter) Expire(string, packager.Entry) {}

func (l *bucketWriter) NextUnhandled(string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

func (l *bucketWriter) Lost(string, int64) bool { return false }

func (l *bucketWriter) End(files []string, done func()) { l.Put(files, done) }

func (l *bucketWriter) Close() { l.tell("closed") }

// mediaOnDisk are the segments that are left on the disk.
func mediaOnDisk(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(filesBelow(t, dir), func(name string) bool { return filepath.Ext(name) != ".m4s" })
}

// What has left the disk is read back from the bucket: for an MP4, and for a clip's
// pictures, of which only the keyframes are read.
func TestRecordingIsReadBackFromABucket(t *testing.T) {
	dir, b := t.TempDir(), newBucket()
	s := startWithBucket(t, dir, b)
	r := recordFormats(t, s, []format{{size: "320x180", sound: 48000}, {size: "640x360", sound: 48000}})
	if left := mediaOnDisk(t, dir); len(left) > 0 {
		t.Fatalf("still on the disk: %v", left)
	}
	made := s.export(t, r.ID)
	if len(made.MP4Parts) != 2 {
		t.Fatalf("%+v", made)
	}
	for _, name := range made.Movies() {
		if got := inspect(t, filepath.Join(dir, "live/show/recordings", r.ID, name)); got.frames != 100 || !near(got.sound, exportLength) {
			t.Errorf("%s: %+v", name, got)
		}
		if b.objects[recordingKey("show", r.ID, name)] == nil {
			t.Errorf("%s was not copied to the bucket", name)
		}
	}
	b.ranges = nil
	clip, err := s.Clip(t.Context(), ClipRequest{Recording: r.ID, Start: epoch, End: epoch.Add(2 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	s.idle(t)
	if clip, err = s.Get(t.Context(), clip.ID); err != nil || clip.Poster == "" || clip.Storyboard == "" {
		t.Errorf("%+v, %v\n%s", clip, err, s.log)
	}
	c, err := readJournal(s.files.path(recordingKey("show", clip.ID, journalFile)))
	if err != nil {
		t.Fatal(err)
	}
	first := c.find("source").Entries[0]
	want := fmt.Sprintf("%s %d+%d", SegmentKey("show", "source", first), first.KeyFrame.End-first.KeyFrame.Size, first.KeyFrame.Size)
	if !slices.Contains(b.ranges, want) {
		t.Errorf("read %q of the bucket, want %q", b.ranges, want)
	}
	for _, id := range []string{r.ID, clip.ID} {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	s.idle(t)
	if len(b.objects) > 0 || len(filesBelow(t, dir)) > 0 {
		t.Errorf("left after the deletion: %v in the bucket, %v", len(b.objects), filesBelow(t, dir))
	}
	if key := SegmentKey("show", "source", first); !slices.Contains(b.forgot, key) {
		t.Errorf("what was read back of %s was not forgotten", key)
	}
}

// A segment that can't be read fails the export, and leaves no file behind; one that is
// nowhere is left out.
func TestExportOfAnUnreadableSegment(t *testing.T) {
	dir, b := t.TempDir(), newBucket()
	s := startWithBucket(t, dir, b)
	r := recordFormats(t, s, []format{{size: "320x180", sound: 48000}, {size: "640x360", sound: 48000}})
	c, err := readJournal(s.files.path(recordingKey("show", r.ID, journalFile)))
	if err != nil {
		t.Fatal(err)
	}
	entries := c.find("source").Entries
	last := SegmentKey("show", "source", entries[len(entries)-1])
	b.broken[last] = true
	if err := s.Export(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	s.worker.tasks.Wait()
	if state, _, failure := s.ExportState(r.ID); state != exportFailed || !strings.Contains(failure, "server's log") || !strings.Contains(s.log.String(), errBroken.Error()) {
		t.Errorf("%s: %s\n%s", state, failure, s.log)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "live/show/recordings", r.ID, "*.mp4")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if r, err := s.Get(t.Context(), r.ID); err != nil || r.Movies() != nil {
		t.Errorf("%+v, %v", r, err)
	}
	delete(b.broken, last)
	delete(b.objects, last)
	r = s.export(t, r.ID)
	got := inspect(t, filepath.Join(dir, "live/show/recordings", r.ID, r.Movies()[1]))
	if lost := int(entries[len(entries)-1].Duration.Seconds() * exportFrames); got.frames != 100-lost || lost == 0 {
		t.Errorf("%d frames, of which %d are lost", got.frames, lost)
	}
}

// A storage is told at the next start what it may lack: everything in the order of the
// numbers, and the segment that the kill tore as a gap.
func TestBucketIsFedAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	s := startWith(t, dir, true, func(*Config) {})
	r := s.Recorder("show")
	stream := packager.NewStream(s.packaging, r)
	s.publishFormat(t, stream, "p0", format{size: "320x180", sound: 48000}, 0)
	s.drained(t)
	b := newBucket()
	again := startWithBucket(t, kill(t, dir), b)
	if unfinished := again.Resume(); len(unfinished) != 1 || unfinished[0].LastEnd.Before(epoch.Add(exportLength-time.Second)) {
		t.Fatalf("%+v\n%s", unfinished, again.log)
	}
	again.idle(t)
	want := []string{
		"shape 2", "init source p0", "init audio p0", "segment source 0: <nil>", "segment audio 0: <nil>",
		"segment source 1: <nil>", "segment audio 1: <nil>", "gap source 2", "gap audio 2",
	}
	if !slices.Equal(b.told, want) {
		t.Errorf("the bucket was told %q, want %q", b.told, want)
	}
}

// A storage that is new gets the recordings that there are, and then the disk need not
// keep their media.
func TestNewBucketGetsRecordings(t *testing.T) {
	dir := t.TempDir()
	s := startWith(t, dir, true, func(*Config) {})
	r := recordFormats(t, s, []format{{size: "320x180", sound: 48000}})
	was := mediaOnDisk(t, dir)
	if len(was) != 4 {
		t.Fatalf("%v", was)
	}
	b := newBucket()
	again := startWithBucket(t, kill(t, dir), b)
	if unfinished := again.Resume(); len(unfinished) > 0 {
		t.Fatal("an ended broadcast goes on")
	}
	again.idle(t)
	for _, name := range was {
		if content, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(b.objects[name], content) {
			t.Errorf("%s was not copied: %v", name, err)
		}
	}
	for _, key := range []string{recordingKey("show", r.ID, multivariant), PlaylistKey("show", multivariant), recordingKey("show", r.ID, journalFile)} {
		if b.objects[key] == nil {
			t.Errorf("%s was not copied", key)
		}
	}
	if left := mediaOnDisk(t, again.files.dir); len(left) > 0 {
		t.Errorf("still on the disk: %v", left)
	}
	if missing, err := filepath.Glob(filepath.Join(again.files.dir, "live/show/recordings", r.ID, "bucket"+copiedSuffix)); err != nil || len(missing) != 1 {
		t.Errorf("the library doesn't know that the bucket has the recording: %v", err)
	}
}
