package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines counts log lines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(level string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), "level="+level)
}

// disk runs a store until the test ends or stop is called.
func disk(t *testing.T, dir string) (d *Disk, log *lines, stop func()) {
	t.Helper()
	log = &lines{}
	d, err := NewDisk(dir, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return d, log, stop
}

// publish makes a stream with so much audio in it.
func publish(t *testing.T, d *Disk, length time.Duration) (*packager.Stream, *packager.Rendition) {
	t.Helper()
	s := packager.NewStream(packager.Config{Window: 8 * time.Second}, d.Stream("show"))
	track := media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}
	if err := s.Begin(packager.Publication{ID: "p", Leader: "audio", Tracks: map[string]media.Track{"audio": track}}); err != nil {
		t.Fatal(err)
	}
	for at := media.Ticks(0); at < media.TicksOf(length, 48000); at += 1024 {
		s.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: bytes.Repeat([]byte{byte(at >> 10)}, 32)})
		// A little slower than the disk, so that its queue does not fill.
		if at%(1<<16) == 0 {
			drained(t, d)
		}
	}
	r, _ := s.Rendition("audio")
	return s, r
}

// drained waits until the queue is empty.
func drained(t *testing.T, d *Disk) {
	t.Helper()
	done := make(chan struct{})
	if !d.submit(job{run: func() error { close(done); return nil }}) {
		return
	}
	<-done
}

func TestSegmentsMoveFromMemoryToDisk(t *testing.T) {
	dir := t.TempDir()
	d, _, stop := disk(t, dir)
	_, r := publish(t, d, 20*time.Second)
	old, err := r.Segment("p", packager.Position{MSN: r.Snapshot().LastMSN - 4, Part: packager.WholeSegment})
	if err != nil {
		t.Fatal(err)
	}
	if old.Chunks() != nil {
		t.Error("a segment that no playlist lists the parts of is still in memory")
	}
	whole := read(t, old.Open)
	if len(whole) != old.Size || !bytes.Contains(whole, []byte("moof")) {
		t.Errorf("%d bytes of %d", len(whole), old.Size)
	}
	var parts []byte
	for i := range old.PartCount() {
		parts = append(parts, read(t, func() (io.ReadSeekCloser, error) { return old.OpenPart(i) })...)
	}
	if !bytes.Equal(parts, whole) {
		t.Error("the parts read from disk are not the segment")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "audio", "*.m4s"))
	if err != nil || len(files) < 4 || len(files) > 10 {
		t.Errorf("%d files, %v", len(files), err)
	}
	stop()
}

func read(t *testing.T, open func() (io.ReadSeekCloser, error)) []byte {
	t.Helper()
	f, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLiveGoesOnWithoutADisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live")
	d, log, stop := disk(t, dir)
	// A file where the directory should be: every write fails, as root too.
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, r := publish(t, d, 30*time.Second)
	if n := log.count("ERROR"); n != 1 {
		t.Errorf("%d errors are logged, want one:\n%s", n, log.text.String())
	}
	if testutil.ToFloat64(d.failed) != 1 || testutil.ToFloat64(d.failures) < 5 {
		t.Error("the metrics don't show it")
	}
	snap := r.Snapshot()
	s, err := r.Segment("p", packager.Position{MSN: snap.LastMSN - 2, Part: packager.WholeSegment})
	if err != nil || len(read(t, s.Open)) != s.Size {
		t.Errorf("a listed segment can't be read: %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	publish(t, d, 10*time.Second)
	if testutil.ToFloat64(d.failed) != 0 || log.count("INFO") != 1 {
		t.Errorf("recovery is not shown:\n%s", log.text.String())
	}
	stop()
}

func TestCloseRemovesEverything(t *testing.T) {
	dir := t.TempDir()
	d, _, stop := disk(t, dir)
	publish(t, d, 10*time.Second)
	(&Stream{disk: d, dir: filepath.Join(dir, "show~1")}).Close()
	stop()
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "of an earlier run"), 0o700); err != nil {
		t.Fatal(err)
	}
	again, err := NewDisk(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(again.dir); err != nil || len(entries) > 0 {
		t.Errorf("an earlier run's segments are still there: %v, %v", entries, err)
	}
}
