package replication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// watched is a store whose requests for playlists can fail, and are counted, as are listings.
type watched struct {
	*bucket
	mu     sync.Mutex
	refuse func(key string) bool
	tried  []string // playlists, refused or not
	listed []string
	erased []string
}

func (w *watched) Put(ctx context.Context, key string, body io.ReadSeeker, a objectstore.Attributes) error {
	w.mu.Lock()
	refused := w.refuse != nil && w.refuse(key)
	if isStreamPlaylist(key) {
		w.tried = append(w.tried, key)
	}
	w.mu.Unlock()
	if refused {
		return errors.New("refused")
	}
	return w.bucket.Put(ctx, key, body, a)
}

func (w *watched) List(ctx context.Context, prefix string) iter.Seq2[objectstore.Info, error] {
	w.mu.Lock()
	w.listed = append(w.listed, prefix)
	w.mu.Unlock()
	return w.bucket.List(ctx, prefix)
}

func (w *watched) Delete(ctx context.Context, keys ...string) error {
	w.mu.Lock()
	w.erased = append(w.erased, keys...)
	w.mu.Unlock()
	return w.bucket.Delete(ctx, keys...)
}

func (w *watched) setRefused(refuse func(key string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = refuse
}

func (w *watched) triedCount(key string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, tried := range w.tried {
		if tried == key {
			n++
		}
	}
	return n
}

// told is a replica with a writer that is told of segments by number.
type told struct {
	*watched
	replica *BucketReplica
	writer  recording.ReplicaWriter
}

func tellWriter(t *testing.T, o recording.WriterOptions) *told {
	t.Helper()
	w := &told{watched: &watched{bucket: newBucket(t)}}
	var stop func()
	w.replica, stop = runReplica(t, w.watched, 1<<30, withoutDVR)
	t.Cleanup(stop)
	w.writer = w.replica.Writer(testHead, o)
	return w
}

func (w *told) begin() { beginWriter(w.writer) }

func beginWriter(writer recording.ReplicaWriter) {
	writer.StreamParams(packager.StreamParams{TargetDuration: 2})
	writer.Init("audio", packager.Init{Epoch: "first", Track: soundTrack, Section: []byte("init")})
}

func entry(msn int64) packager.Entry {
	return packager.Entry{
		MSN: msn, Epoch: "first", ProgramDateTime: epoch.Add(time.Duration(msn) * 2 * time.Second), Duration: 2 * time.Second, Size: 7,
	}
}

func segmentKey(msn int64) string { return recording.SegmentKey("show", "audio", entry(msn)) }

func text(s string) func() (io.ReadSeekCloser, error) {
	return func() (io.ReadSeekCloser, error) { return memory{bytes.NewReader([]byte(s))}, nil }
}

func gone() (io.ReadSeekCloser, error) { return nil, fmt.Errorf("segment: %w", packager.ErrGone) }

// A segment and a chat object whose bytes are gone are listed as a gap and as an empty object,
// hold nothing up, and are counted as lost. When the library has no use for them either, they
// are deleted as far as they are there.
func TestBytesAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.begin()
		for msn := range int64(4) {
			open := text("segment")
			if msn == 2 {
				open = gone
			}
			w.writer.Segment("audio", entry(msn), open)
		}
		object := packager.TimedObjectEntry{MSN: 1, Publication: "first", ProgramDateTime: epoch, Duration: 2 * time.Second, Items: 3, From: 1}
		w.writer.TimedObjects("chat", object, gone)
		synctest.Wait()
		uris, gaps := segments(w.text(playlistFile))
		if len(uris) != 3 || gaps != 1 || !strings.Contains(w.text(playlistFile), "#EXT-X-GAP\n#EXTINF:2.000000,\nfirst/audio/2.m4s\n") {
			t.Errorf("%d segments and %d gaps:\n%s", len(uris), gaps, w.text(playlistFile))
		}
		if index := w.text("live/show/chat/index.json"); strings.Contains(index, `"uri"`) {
			t.Errorf("an object that is gone is listed: %s", index)
		}
		for msn := range int64(4) {
			if got := w.writer.Lost("audio", msn); got != (msn == 2) {
				t.Errorf("segment %d is lost: %v", msn, got)
			}
		}
		if next := w.writer.NextUnhandled("audio"); next != 4 || w.writer.NextUnhandled("other") != 0 {
			t.Errorf("%d is the next", next)
		}
		m := w.replica.metrics
		if testutil.ToFloat64(m.lost) != 1 || testutil.ToFloat64(m.waiting) != 0 || testutil.ToFloat64(m.bytes) != 21 || testutil.ToFloat64(m.retries) != 0 {
			t.Errorf("%v lost, %v wait, %v copied, %v retries", testutil.ToFloat64(m.lost), testutil.ToFloat64(m.waiting), testutil.ToFloat64(m.bytes), testutil.ToFloat64(m.retries))
		}
		w.writer.Expire("audio", entry(2))
		w.writer.Expire("audio", entry(3)) // still listed
		w.writer.ExpireTimedObject("chat", object)
		synctest.Wait()
		if want := []string{segmentKey(2), recording.TimedObjectKey("show", "chat", object)}; !slices.Equal(w.erased, want) {
			t.Errorf("deleted %q, want %q", w.erased, want)
		}
	})
}

// An object without items is nothing to copy, and nothing to delete.
func TestEmptyTimedObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.begin()
		object := packager.TimedObjectEntry{MSN: 1, Publication: "first", ProgramDateTime: epoch, Duration: 2 * time.Second}
		w.writer.TimedObjects("chat", object, gone)
		synctest.Wait()
		w.writer.ExpireTimedObject("chat", object)
		synctest.Wait()
		if len(w.erased) > 0 {
			t.Errorf("deleted %q", w.erased)
		}
	})
}

// Playlists that could not be written are written later, though nothing new has come, and
// ever more seldom until then.
func TestPlaylistsAreWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.setRefused(isStreamPlaylist)
		w.begin()
		w.writer.Segment("audio", entry(0), text("segment"))
		time.Sleep(time.Minute)
		synctest.Wait()
		// At once, then after 0.4 s, 0.8 s and so on: 6 in the first 12.4 s, then one in 10 s, if
		// no delay is shortened by chance, and by half at most if each is.
		if n := w.triedCount(playlistFile); n < 10 || n > 17 {
			t.Errorf("%d attempts in a minute", n)
		}
		w.setRefused(nil)
		time.Sleep(lastBackoff)
		synctest.Wait()
		if uris, _ := segments(w.text(playlistFile)); len(uris) != 1 {
			t.Errorf("the playlist lists %v", uris)
		}
		n := w.triedCount(playlistFile)
		time.Sleep(time.Minute)
		synctest.Wait()
		if again := w.triedCount(playlistFile); again != n {
			t.Errorf("it was written %d times more", again-n)
		}
		// The wait begins anew with the next failure.
		w.setRefused(isStreamPlaylist)
		w.writer.Segment("audio", entry(1), text("segment"))
		synctest.Wait()
		w.setRefused(nil)
		time.Sleep(2 * firstBackoff)
		synctest.Wait()
		if uris, _ := segments(w.text(playlistFile)); len(uris) != 2 {
			t.Errorf("the playlist lists %v", uris)
		}
	})
}

// A writer that works off what waited lists each batch when it is there; one that is resumed
// lists nothing before it has gone through all that was there.
func TestPlaylistsBetweenBatches(t *testing.T) {
	for name, resumed := range map[string]bool{"live": false, "resumed": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tell := func(writer recording.ReplicaWriter) {
					beginWriter(writer)
					for msn := range int64(3 * maxBatch) {
						writer.Segment("audio", entry(msn), text("segment"))
					}
				}
				options := recording.WriterOptions{Resume: func(writer recording.ReplicaWriter) {
					if resumed {
						tell(writer)
					}
				}}
				if !resumed {
					options.Resume = nil
				}
				w := tellWriter(t, options)
				synctest.Wait() // what comes before the writer runs counts as there already
				if !resumed {
					tell(w.writer)
				}
				synctest.Wait()
				want := 4 // of 98 tasks
				if resumed {
					want = 1
				}
				if n := w.triedCount(playlistFile); n < want || resumed && n > want {
					t.Errorf("the playlist was written %d times, want %d", n, want)
				}
				if wantListed := map[bool][]string{true: {"live/show/first/"}}[resumed]; !slices.Equal(w.listed, wantListed) {
					t.Errorf("listed %q, want %q", w.listed, wantListed)
				}
			})
		})
	}
}

// A writer that is closed while a batch is copied lists nothing more, and ends.
func TestClosedWhileCopying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.begin()
		synctest.Wait()
		opened := make(chan struct{})
		w.writer.Segment("audio", entry(0), func() (io.ReadSeekCloser, error) {
			<-opened
			return text("segment")()
		})
		synctest.Wait()
		w.writer.Close()
		close(opened)
		synctest.Wait()
		if len(w.keys(playlistFile)) > 0 || w.writer.NextUnhandled("audio") != 0 {
			t.Error("a closed writer has listed a segment")
		}
		if len(w.replica.writers.runningOf(testHead.ID)) > 0 {
			t.Error("the writer runs on")
		}
		if n := testutil.ToFloat64(w.replica.metrics.waiting); n != 0 {
			t.Errorf("%v bytes wait", n)
		}
	})
}

// The playlists of a broadcast that is over end, however long the storage refuses them, and
// then the caller is told, once.
func TestEndIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.begin()
		w.writer.Segment("audio", entry(0), text("segment"))
		synctest.Wait()
		w.setRefused(isStreamPlaylist)
		done := 0
		w.writer.End(nil, func() { done++ })
		w.writer.Segment("audio", entry(1), text("too late"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if done > 0 || strings.Contains(w.text(playlistFile), "#EXT-X-ENDLIST") {
			t.Error("the end was told before it was written")
		}
		w.setRefused(nil)
		time.Sleep(lastBackoff)
		synctest.Wait()
		if got := w.text(playlistFile); done != 1 || !strings.Contains(got, "#EXT-X-ENDLIST") || strings.Contains(got, "/1.m4s") {
			t.Errorf("told %d times:\n%s", done, got)
		}
	})
}

// The files of a recording are copied when all media are, and then the caller is told.
func TestRecordingFollowsItsMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.begin()
		w.setRefused(func(key string) bool { return strings.HasSuffix(key, ".m4s") })
		w.writer.Segment("audio", entry(0), text("segment"))
		playlist, done := "live/show/recordings/r/index.m3u8", 0
		w.writer.End([]string{playlist}, func() { done++ })
		time.Sleep(time.Minute)
		synctest.Wait()
		if done > 0 || len(w.keys(playlist)) > 0 {
			t.Error("a recording was copied before its media")
		}
		w.setRefused(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if done != 1 || len(w.keys(playlist)) != 1 || len(w.keys(segmentKey(0))) != 1 {
			t.Errorf("told %d times; the bucket has %v", done, w.keys("live/"))
		}
	})
}

// A video rendition has a playlist of its keyframes, too.
func TestKeyFramePlaylistIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tellWriter(t, recording.WriterOptions{})
		w.writer.StreamParams(packager.StreamParams{TargetDuration: 2})
		track := media.Track{Codec: media.H264, Timescale: 90000, Width: 320, Height: 180, SPS: [][]byte{{0x67, 0x42, 0xc0, 0x1e}}, PPS: [][]byte{{0x68}}}
		w.writer.Init("source", packager.Init{Epoch: "first", Track: track, Section: []byte("init")})
		e := entry(0)
		e.KeyFrame = packager.KeyFrame{End: 5, Size: 3}
		w.writer.Segment("source", e, text("segment"))
		synctest.Wait()
		name := "live/show/source" + packager.IFramesSuffix + ".m3u8"
		if !strings.Contains(w.text(name), "#EXT-X-I-FRAMES-ONLY") || !strings.Contains(w.text("live/show/index.m3u8"), "source"+packager.IFramesSuffix+".m3u8") {
			t.Errorf("%v:\n%s", w.keys("live/"), w.text(name))
		}
	})
}
