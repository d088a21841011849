package replication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// bucket is a store that fails when told to, and minds that a playlist never lists
// what isn't there.
type bucket struct {
	*objectstore.Memory
	t *testing.T

	mu    sync.Mutex
	down  error
	puts  []string
	parts int // requests that were refused
}

func newBucket(t *testing.T) *bucket { return &bucket{Memory: objectstore.NewMemory(), t: t} }

func (b *bucket) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = err
}

func (b *bucket) Put(ctx context.Context, key string, body io.ReadSeeker, a objectstore.Attributes) error {
	b.mu.Lock()
	down := b.down
	if down != nil {
		b.parts++
	} else {
		b.puts = append(b.puts, key)
	}
	b.mu.Unlock()
	if down != nil {
		return down
	}
	if strings.HasSuffix(key, ".m3u8") {
		b.checkPlaylist(key, body)
	}
	if isTimedObjectIndex(key) {
		b.checkIndex(key, body)
	}
	return b.Memory.Put(ctx, key, body, a)
}

func (b *bucket) checkPlaylist(key string, body io.ReadSeeker) {
	text, err := io.ReadAll(body)
	if err != nil {
		b.t.Error(err)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		b.t.Error(err)
	}
	gap := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if _, uri, found := strings.Cut(line, `URI="`); found {
			line = strings.TrimSuffix(uri, `"`)
			line, _, _ = strings.Cut(line, `"`)
		}
		switch {
		case line == "#EXT-X-GAP":
			gap = true
		case strings.HasPrefix(line, "#") || line == "":
		case gap:
			gap = false
		default:
			b.mustHave(path.Join(path.Dir(key), line), key)
		}
	}
}

func (b *bucket) mustHave(key, listedBy string) {
	r, _, err := b.Get(context.Background(), key, objectstore.Range{})
	if err != nil {
		b.t.Errorf("%s lists %s: %v", listedBy, key, err)
		return
	}
	_ = r.Close()
}

func (b *bucket) text(key string) string {
	r, _, err := b.Get(context.Background(), key, objectstore.Range{})
	if err != nil {
		b.t.Fatalf("%s: %v", key, err)
	}
	defer r.Close()
	text, _ := io.ReadAll(r)
	return string(text)
}

func (b *bucket) keys(prefix string) (keys []string) {
	for info, err := range b.List(context.Background(), prefix) {
		if err != nil {
			b.t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// feeder is a recorder that tells a writer what happens.
type feeder struct{ recording.ReplicaWriter }

func (f feeder) StreamParams(s packager.StreamParams) { f.ReplicaWriter.StreamParams(s) }
func (f feeder) Init(name string, i packager.Init)    { f.ReplicaWriter.Init(name, i) }
func (f feeder) Segment(name string, s *packager.Segment) {
	chunks := bytes.Join(s.Chunks(), nil)
	if !s.Gap {
		s.MarkStored(held(chunks))
	}
	f.ReplicaWriter.Segment(name, s.Entry, s.Open)
}
func (f feeder) TimedObject(name string, o *packager.TimedObject) {
	f.ReplicaWriter.TimedObjects(name, o.TimedObjectEntry, func() (io.ReadSeekCloser, error) {
		if d := o.Document(); d != nil {
			return d.Open(), nil
		}
		return nil, packager.ErrGone
	})
}
func (f feeder) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	f.ReplicaWriter.ExpireTimedObject(name, e)
}
func (f feeder) Expire(name string, s *packager.Segment) {
	f.ReplicaWriter.Expire(name, s.Entry)
}

type held []byte

func (h held) Open() (io.ReadSeekCloser, error) { return memory{bytes.NewReader(h)}, nil }

// show is a stream that is copied to a bucket in real time.
type show struct {
	t       *testing.T
	replica *BucketReplica
	writer  recording.ReplicaWriter
	stream  *packager.Stream
	at      media.Ticks
	stop    func()
}

var testHead = recording.Head{ID: "20261123-120000-00000000", Stream: "show"}

func shape() packager.Config {
	return packager.Config{Window: 20 * time.Second, DVR: 10 * time.Minute}.WithDefaults()
}

func begin(t *testing.T, b objectstore.Store, spill int64, change ...func(*Config)) *show {
	t.Helper()
	return beginWith(t, b, spill, nil, change...)
}

// beginWith begins a show that has series of timed objects.
func beginWith(t *testing.T, b objectstore.Store, spill int64, series []packager.TimedObjectSeries, change ...func(*Config)) *show {
	t.Helper()
	s := &show{t: t}
	s.replica, s.stop = runReplica(t, b, spill, change...)
	s.writer = s.replica.Writer(testHead, recording.WriterOptions{})
	s.stream = packager.NewStream(shape(), feeder{ReplicaWriter: s.writer}, series...)
	s.publication("first")
	return s
}

func withoutDVR(c *Config) { c.Packager.DVR = 0 }

func runReplica(t *testing.T, b objectstore.Store, spill int64, change ...func(*Config)) (*BucketReplica, func()) {
	cfg := Config{
		Name: "test", Store: b, Packager: shape(), Settings: Settings{Spill: setting.Size(spill)}, Log: slog.New(slog.DiscardHandler),
		Local: func(string) (io.ReadSeekCloser, error) { return memory{bytes.NewReader([]byte("file"))}, nil },
	}
	for _, f := range change {
		f(&cfg)
	}
	replica := New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- replica.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return replica, stop
}

var (
	soundTrack = media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}
	epoch      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func (s *show) publication(id string) {
	err := s.stream.Begin(packager.Epoch{
		ID: id, Leader: "audio", Tracks: map[string]media.Track{"audio": soundTrack},
		Clock: media.Clock{Start: epoch.Add(s.at.Duration(48000)), Origin: media.Rescale(s.at, 48000, media.VideoTimescale)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// run publishes in real time, which is the bubble's.
func (s *show) run(d time.Duration) {
	for end := s.at + media.TicksOf(d, 48000); s.at < end; s.at += 1024 {
		payload := bytes.Repeat([]byte{byte(s.at >> 10)}, 32)
		s.stream.Write("audio", media.Sample{DTS: s.at, Duration: 1024, KeyFrame: true, Payload: payload})
		time.Sleep(media.Ticks(1024).Duration(48000))
	}
}

func (s *show) live() string {
	r, _ := s.stream.Rendition("audio")
	return string(r.Snapshot().Playlist(packager.SkipNothing).Plain())
}

// segments are the URIs that a playlist lists, gaps apart.
func segments(playlist string) (uris []string, gaps int) {
	gap := false
	for line := range strings.Lines(playlist) {
		switch line = strings.TrimSpace(line); {
		case line == "#EXT-X-GAP":
			gap = true
			gaps++
		case strings.HasPrefix(line, "#"):
		case gap:
			gap = false
		default:
			uris = append(uris, line)
		}
	}
	return uris, gaps
}

const playlistFile = "live/show/audio.m3u8"

// mirrored checks that the bucket lists what the live playlist does.
func (s *show) mirrored(b *bucket) {
	s.t.Helper()
	want, _ := segments(s.live())
	got, gaps := segments(b.text(playlistFile))
	if !slices.Equal(got, want) || gaps > 0 {
		s.t.Errorf("the bucket lists\n%v and %d gaps, live is\n%v", got, gaps, want)
	}
}

func TestBucketFollowsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 1<<30)
		s.run(60 * time.Second)
		synctest.Wait()
		s.mirrored(b)
		if text := b.text("live/show/index.m3u8"); !strings.Contains(text, "mp4a.40.2") || !strings.Contains(text, "audio.m3u8") {
			t.Errorf("the multivariant playlist is\n%s", text)
		}
		for key, want := range map[string]objectstore.Attributes{
			"live/show/first/audio/init.mp4": {ContentType: "audio/mp4", CacheControl: httpcache.CacheControl(httpcache.Media)},
			"live/show/first/audio/3.m4s":    {ContentType: "audio/mp4", CacheControl: httpcache.CacheControl(httpcache.Media)},
			playlistFile:                     {ContentType: "application/vnd.apple.mpegurl", CacheControl: httpcache.CacheControl(httpcache.LivePlaylist)},
		} {
			if got, err := b.Attributes(t.Context(), key); err != nil || got != want {
				t.Errorf("%s has %+v, %v", key, got, err)
			}
		}
		if n := testutil.CollectAndCount(s.replica.metrics.lag); n != 1 {
			t.Errorf("the lag is not measured: %d", n)
		}
		s.writer.End(nil, func() {})
		synctest.Wait()
		if !strings.Contains(b.text(playlistFile), "#EXT-X-ENDLIST") {
			t.Error("the end is not shown")
		}
		s.stop()
	})
}

// Five minutes without the storage: everything in the DVR window arrives, in order.
func TestOutage(t *testing.T) {
	for _, failure := range []error{errors.New("503 Service Unavailable"), context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			b := newBucket(t)
			s := begin(t, b, 1<<30)
			s.run(30 * time.Second)
			b.fail(failure)
			s.run(5 * time.Minute)
			before := b.text(playlistFile)
			if testutil.ToFloat64(s.replica.metrics.failing) != 1 || testutil.ToFloat64(s.replica.metrics.waiting) == 0 {
				t.Error("the metrics don't show the outage")
			}
			b.fail(nil)
			s.run(30 * time.Second)
			synctest.Wait()
			s.mirrored(b)
			if testutil.ToFloat64(s.replica.metrics.failing) != 0 || testutil.ToFloat64(s.replica.metrics.waiting) != 0 {
				t.Errorf("after it %v waits", testutil.ToFloat64(s.replica.metrics.waiting))
			}
			was, _ := segments(before)
			b.mu.Lock()
			after := b.puts
			b.mu.Unlock()
			next := len(was)
			for _, key := range after[slices.Index(after, "live/show/"+was[len(was)-1])+1:] {
				var n int
				if _, err := fmt.Sscanf(key, "live/show/first/audio/%d.m4s", &n); err != nil {
					continue
				}
				if n < next-maxBatch || n > next+maxBatch {
					t.Fatalf("segment %d came when %d was due", n, next)
				}
				next++
			}
			s.stop()
		})
	}
}

// What does not fit on the disk is given up, the oldest first, and listed as gaps.
func TestSpillIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 200_000) // some 50 segments
		s.run(30 * time.Second)
		b.fail(errors.New("down"))
		s.run(5 * time.Minute)
		if waiting := testutil.ToFloat64(s.replica.metrics.waiting); waiting > 200_000 {
			t.Errorf("%v bytes wait", waiting)
		}
		b.fail(nil)
		s.run(30 * time.Second)
		synctest.Wait()
		text := b.text(playlistFile)
		uris, gaps := segments(text)
		lost := testutil.ToFloat64(s.replica.metrics.lost)
		if gaps == 0 || float64(gaps) != lost {
			t.Errorf("%d gaps, %v lost", gaps, lost)
		}
		want, _ := segments(s.live())
		if !slices.Equal(uris[len(uris)-15:], want[len(want)-15:]) || len(uris)+gaps != len(want) {
			t.Errorf("%d and %d gaps of %d", len(uris), gaps, len(want))
		}
		s.stop()
	})
}

// tell tells a writer all that there has been.
func (s *show) tell(writer recording.ReplicaWriter) {
	r, _ := s.stream.Rendition("audio")
	writer.StreamParams(packager.StreamParams{TargetDuration: 2})
	init, err := r.Init("first")
	if err != nil {
		s.t.Fatal(err)
	}
	writer.Init("audio", packager.Init{Epoch: "first", Track: soundTrack, Section: init})
	for msn := range r.Snapshot().LastMSN + 1 {
		segment, err := r.Segment("first", packager.Position{MSN: msn, Part: packager.WholeSegment})
		if err != nil {
			s.t.Fatal(err)
		}
		writer.Segment("audio", segment.Entry, segment.Open)
	}
}

// A writer that is resumed copies what is not there, and only that.
func TestResumedWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 1<<30)
		s.run(40 * time.Second)
		synctest.Wait()
		s.stop()
		if err := b.Delete(t.Context(), "live/show/first/audio/7.m4s"); err != nil {
			t.Fatal(err)
		}
		if err := b.Memory.Put(t.Context(), "live/show/first/audio/9.m4s", strings.NewReader("half"), objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		b.puts = nil
		b.mu.Unlock()
		replica, stop := runReplica(t, b, 1<<30)
		replica.Writer(testHead, recording.WriterOptions{Resume: func(writer recording.ReplicaWriter) { s.tell(writer) }})
		synctest.Wait()
		time.Sleep(time.Second)
		var copied []string
		b.mu.Lock()
		for _, key := range b.puts {
			if strings.HasSuffix(key, ".m4s") {
				copied = append(copied, path.Base(key))
			}
		}
		b.mu.Unlock()
		slices.Sort(copied)
		if !slices.Equal(copied, []string{"7.m4s", "9.m4s"}) {
			t.Errorf("copied again: %v", copied)
		}
		s.mirrored(b)
		stop()
	})
}

// What is not recorded is deleted when it has left the bucket's playlist for long
// enough, and nothing is left in the end.
func TestExpiredObjectsAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := &show{t: t}
		s.replica, s.stop = runReplica(t, b, 1<<30, withoutDVR)
		s.writer = s.replica.Writer(testHead, recording.WriterOptions{})
		cfg := shape()
		cfg.DVR = 0
		s.stream = packager.NewStream(cfg, feeder{ReplicaWriter: s.writer})
		s.publication("first")
		s.run(4 * time.Minute)
		time.Sleep(time.Second)
		s.mirrored(b)
		if n := len(b.keys("live/show/first/")); n < 15 || n > 30 {
			t.Errorf("%d objects are left", n)
		}
		s.writer.Close()
		synctest.Wait()
		s.replica.Delete(testHead.ID, []string{playlistFile, "live/show/index.m3u8"}, []string{"live/show/first/"}, func() {})
		time.Sleep(time.Second)
		if left := b.keys(""); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		s.stop()
	})
}

// What a writer still holds when it is closed counts no more.
func TestClosedWriterHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := begin(t, b, 1<<30)
		s.run(30 * time.Second)
		b.fail(errors.New("down"))
		s.run(30 * time.Second)
		if waiting := testutil.ToFloat64(s.replica.metrics.waiting); waiting == 0 {
			t.Error("nothing waits")
		}
		s.writer.Close()
		if waiting := testutil.ToFloat64(s.replica.metrics.waiting); waiting != 0 {
			t.Errorf("%v bytes wait", waiting)
		}
		s.stop()
	})
}

// Caches and players are told by a bucket what the origin would tell them.
func TestAttributes(t *testing.T) {
	for key, want := range map[string]struct {
		contentType string
		policy      httpcache.Kind
	}{
		"live/show/index.m3u8":                        {"application/vnd.apple.mpegurl", httpcache.LivePlaylist},
		"live/show/recordings/r/index.m3u8":           {"application/vnd.apple.mpegurl", httpcache.Recorded},
		"live/show/first/audio/7.m4s":                 {"video/mp4", httpcache.Media},
		"live/show/first/audio/init.mp4":              {"video/mp4", httpcache.Media},
		"live/show/recordings/r/journal.jsonl":        {"application/json", httpcache.Recorded},
		"live/show/chat/index.json":                   {"application/json", httpcache.LivePlaylist},
		"live/show/first/chat/7.json":                 {"application/json", httpcache.TimedObjects},
		"live/show/recordings/r/recording.json":       {"application/json", httpcache.Recorded},
		"live/show/recordings/r/storyboard.vtt":       {"text/vtt", httpcache.Recorded},
		"live/show/recordings/r/poster.jpg":           {"image/jpeg", httpcache.Recorded},
		"live/show/recordings/r/something-else.thing": {"application/octet-stream", httpcache.Media},
	} {
		if got := attributes(key, media.Video); got.ContentType != want.contentType || got.CacheControl != httpcache.CacheControl(want.policy) {
			t.Errorf("%s: %+v, want %s and %s", key, got, want.contentType, httpcache.CacheControl(want.policy))
		}
	}
	if got := attributes("live/show/first/audio/7.m4s", media.Audio); got.ContentType != "audio/mp4" {
		t.Errorf("sound is %s", got.ContentType)
	}
}
