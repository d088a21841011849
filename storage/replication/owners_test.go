package replication

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// history remembers what was written to one playlist.
type history struct {
	*bucket
	versions []string
}

func (h *history) Put(ctx context.Context, key string, body io.ReadSeeker, a objectstore.Attributes) error {
	err := h.bucket.Put(ctx, key, body, a)
	if err == nil && key == playlistFile {
		h.versions = append(h.versions, h.text(key))
	}
	return err
}

func sequence(playlist string) (n int) {
	for line := range strings.Lines(playlist) {
		if _, err := fmt.Sscanf(line, "#EXT-X-MEDIA-SEQUENCE:%d", &n); err == nil {
			return n
		}
	}
	return -1
}

// A writer that is resumed never takes the bucket's playlist back in time.
func TestResumedWriterDoesNotGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 1<<30)
		s.run(15 * time.Minute) // the window is ten
		synctest.Wait()
		before := sequence(b.text(playlistFile))
		s.stop()
		h := &history{bucket: b}
		replica, stop := runReplica(t, h, 1<<30)
		writer := replica.Writer(testHead, recording.WriterOptions{Resume: func(writer recording.ReplicaWriter) { s.tell(writer) }})
		synctest.Wait()
		if before < 0 || len(h.versions) == 0 {
			t.Errorf("from %d on, %d versions", before, len(h.versions))
		}
		for _, text := range h.versions {
			if n := sequence(text); n < before {
				t.Errorf("from %d back to %d", before, n)
			}
		}
		writer.Close()
		stop()
	})
}

// When the next broadcast begins while the last one still waits for the storage, the
// playlists are the new one's, whatever comes late.
func TestLateWriterLeavesTheNewPlaylists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 1<<30)
		s.run(30 * time.Second)
		b.fail(errors.New("down"))
		s.run(30 * time.Second)
		s.writer.End([]string{playlistFile, "live/show/recordings/r/index.m3u8"}, func() {})
		// Its clock may even have gone back.
		head := recording.Head{ID: "20261122-120000-11111111", Stream: "show"}
		writer := s.replica.Writer(head, recording.WriterOptions{})
		s.stream = packager.NewStream(shape(), feeder{writer})
		s.publication("second")
		s.run(20 * time.Second)
		b.fail(nil)
		s.run(20 * time.Second)
		synctest.Wait()
		text := b.text(playlistFile)
		if !strings.Contains(text, "second/") || strings.Contains(text, "first/") || strings.Contains(text, "ENDLIST") {
			t.Errorf("the playlist is\n%s", text)
		}
		s.mirrored(b)
		if got := b.text("live/show/recordings/r/index.m3u8"); got != "file" {
			t.Errorf("the recording's own playlist is %q", got)
		}
		writer.Close()
		s.stop()
	})
}

// undeletable is a bucket that can't be asked to delete for a while.
type undeletable struct {
	*bucket
	until time.Time
	err   error
}

func (u undeletable) Delete(ctx context.Context, keys ...string) error {
	if time.Now().Before(u.until) {
		return u.err
	}
	return u.Memory.Delete(ctx, keys...)
}

// A deletion lasts until it is done, and waits for what is being copied.
func TestDeletionOutlivesAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		u := undeletable{b, time.Now().Add(2 * time.Hour), errors.New("503")}
		s := begin(t, u, 1<<30)
		s.run(30 * time.Second)
		var done atomic.Bool
		s.replica.Delete(testHead.ID, []string{playlistFile}, []string{"live/show/first/"}, func() { done.Store(true) })
		time.Sleep(time.Minute)
		if len(b.keys("live/show/first/")) == 0 {
			t.Error("was deleted while it was copied")
		}
		s.writer.Close()
		time.Sleep(time.Hour)
		if done.Load() {
			t.Error("is called done, but nothing was deleted")
		}
		time.Sleep(2 * time.Hour)
		if left := b.keys("live/show/first/"); len(left) > 0 || !done.Load() {
			t.Errorf("left: %v, done %v", left, done.Load())
		}
		s.stop()
	})
}

// Who may write need not be allowed to delete: that holds nothing up.
func TestDeniedDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		denied := errors.New("AccessDenied")
		b := newBucket(t)
		u := undeletable{b, time.Now().Add(1000 * time.Hour), denied}
		s := begin(t, u, 1<<30, func(c *Config) { c.Permanent = func(err error) bool { return errors.Is(err, denied) } })
		s.run(10 * time.Second)
		s.writer.Close()
		var done atomic.Bool
		s.replica.Delete(testHead.ID, nil, []string{"live/show/first/"}, func() { done.Store(true) })
		time.Sleep(10 * time.Minute)
		if !done.Load() {
			t.Error("it is tried for ever")
		}
		s.stop()
	})
}
