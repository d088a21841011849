package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a library that runs until the test ends, stop or kill is called.
type server struct {
	*Library
	packaging packager.Config
	log       *logtest.Buffer
	stop      func()
	// deleted is what the library told of deletions.
	deleted []string
}

func start(t *testing.T, dir string, record bool) *server {
	t.Helper()
	return startWith(t, dir, record, func(*Config) {})
}

// startWith starts a library whose configuration is changed first.
func startWith(t *testing.T, dir string, record bool, change func(*Config)) *server {
	t.Helper()
	s := &server{log: &logtest.Buffer{}}
	cfg := Config{
		Dir: dir, Packager: packager.Config{Window: 14 * time.Second, SegmentDuration: 2 * time.Second}.WithDefaults(),
		Policy: func(context.Context, media.StreamID) (Policy, error) {
			return Policy{Title: "The Show", Record: record, Retention: retention}, nil
		},
		Deleted: func(stream media.StreamID, recording string, prefixes []string) {
			s.deleted = append(s.deleted, fmt.Sprint(stream, " ", recording, " ", prefixes))
		},
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	change(&cfg)
	var err error
	s.packaging = cfg.Packager
	s.Library, err = Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		s.stop()
		_ = s.Close()
	})
	return s
}

// drained waits until everything queued has been done.
func (s *server) drained(t *testing.T) {
	t.Helper()
	done := make(chan struct{})
	if s.queue.enqueue(func() error { close(done); return nil }) {
		<-done
	}
}

// journalPath is where the journal of a stream's broadcast lies.
func (s *server) journalPath(id media.StreamID) string {
	head, _ := s.live.head(id)
	return s.files.journalPath(head)
}

// idle waits until no recording is being made, too.
func (s *server) idle(t *testing.T) {
	t.Helper()
	s.drained(t)
	s.worker.tasks.Wait()
	s.drained(t)
}

var soundTrack = media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// retention is longer than these tests will be run: the server sweeps when it starts.
const retention = 100 * 365 * 24 * time.Hour

// publish writes so much sound to a stream, from a media time on.
func (s *server) publish(t *testing.T, stream *packager.Stream, publication string, from, length time.Duration) {
	t.Helper()
	err := stream.Begin(packager.Epoch{
		ID: publication, Leader: "audio", Tracks: map[string]media.Track{"audio": soundTrack},
		Clock: media.Clock{Start: epoch.Add(from), Origin: media.TicksOf(from, media.VideoTimescale)},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := media.TicksOf(from, 48000)
	for at := media.Ticks(0); at < media.TicksOf(length, 48000); at += 1024 {
		payload := bytes.Repeat([]byte{byte(at >> 10)}, 32)
		stream.Write("audio", media.Sample{DTS: first + at, Duration: 1024, KeyFrame: true, Payload: payload})
		if at%(1<<16) == 0 {
			s.drained(t) // a little slower than the disk, so that its queue does not fill
		}
	}
}

func (s *server) begin(t *testing.T, length time.Duration) (*BroadcastRecorder, *packager.Stream) {
	t.Helper()
	r := s.Recorder("show")
	stream := packager.NewStream(s.packaging, r)
	s.publish(t, stream, "first", 0, length)
	return r, stream
}

func sound(t *testing.T, s *packager.Stream) *packager.Rendition {
	t.Helper()
	r, ok := s.Rendition("audio")
	if !ok {
		t.Fatal("no sound")
	}
	return r
}

func playlist(t *testing.T, s *packager.Stream) string {
	t.Helper()
	return string(sound(t, s).Snapshot().Playlist(packager.SkipNothing).Plain())
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

// filesBelow are those below a directory, relative to it.
func filesBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestSegmentsMoveFromMemoryToDisk(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	_, stream := s.begin(t, 40*time.Second)
	r := sound(t, stream)
	old, err := r.Segment("first", packager.Position{MSN: r.Snapshot().LastMSN - 4, Part: packager.WholeSegment})
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
	s.drained(t)
	if names := filesBelow(t, filepath.Join(dir, "live", "show", "first", "audio")); len(names) < 10 || len(names) > 20 {
		t.Errorf("%d files: %v", len(names), names)
	}
}

func TestLiveGoesOnWithoutADisk(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	// Files where the directories should be: every write fails, as root too.
	for _, name := range []string{"live", "journal"} {
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, name)), os.WriteFile(filepath.Join(dir, name), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	_, stream := s.begin(t, 30*time.Second)
	s.drained(t)
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors are logged, want one:\n%s", n, s.log)
	}
	if testutil.ToFloat64(s.metrics.failing) != 1 || testutil.ToFloat64(s.metrics.failures) < 5 {
		t.Error("the metrics don't show it")
	}
	r := sound(t, stream)
	listed, err := r.Segment("first", packager.Position{MSN: r.Snapshot().LastMSN - 2, Part: packager.WholeSegment})
	if err != nil || len(read(t, listed.Open)) != listed.Size {
		t.Errorf("a listed segment can't be read: %v", err)
	}
	for _, name := range []string{"live", "journal"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	stream.End()
	s.publish(t, stream, "second", 40*time.Second, 10*time.Second)
	s.drained(t)
	if testutil.ToFloat64(s.metrics.failing) != 0 || strings.Count(s.log.String(), "again") != 1 {
		t.Errorf("recovery is not shown:\n%s", s.log)
	}
	c, err := readJournal(s.journalPath("show"))
	if err != nil || c.StreamParams.TargetDuration == 0 || len(c.Renditions[0].Inits) < 2 {
		t.Errorf("the journal that was begun late lacks its beginning: %v", err)
	}
}

// kill makes a copy of a directory as it is now: what a server finds that was killed.
func kill(t *testing.T, dir string) string {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return copied
}

func TestKilledServerGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	_, stream := s.begin(t, 41*time.Second)
	s.drained(t)
	before := playlist(t, stream)
	again := start(t, kill(t, dir), false)
	unfinished := again.Resume()
	if len(unfinished) != 1 {
		t.Fatalf("%d streams go on:\n%s", len(unfinished), again.log)
	}
	u := unfinished[0]
	restored, err := packager.Restore(s.packaging, u.Recorder, u.History, u.Locate)
	if err != nil {
		t.Fatal(err)
	}
	again.publish(t, restored, "second", 50*time.Second, 5*time.Second)
	after := playlist(t, restored)
	if !strings.Contains(after, "#EXT-X-GAP") || strings.Count(after, "#EXT-X-DISCONTINUITY\n") != 1 {
		t.Errorf("the lost segment is no gap, or there is no discontinuity:\n%s", after)
	}
	// Every segment listed before and still listed now has the same URI.
	last := sound(t, stream).Snapshot().LastMSN
	if !strings.Contains(before, fmt.Sprintf("first/audio/%d.m4s", last)) || strings.Contains(after, fmt.Sprintf("second/audio/%d.m4s", last+1)) ||
		!strings.Contains(after, fmt.Sprintf("second/audio/%d.m4s", last+2)) {
		t.Errorf("after %d came\n%s", last, after)
	}
	again.drained(t)
	// And once more: the journal of two publications.
	third := start(t, kill(t, again.files.dir), false)
	u = third.Resume()[0]
	restored, err = packager.Restore(s.packaging, u.Recorder, u.History, u.Locate)
	if err != nil {
		t.Fatal(err)
	}
	if got := playlist(t, restored); !strings.Contains(got, "second/audio/") || strings.Count(got, "#EXT-X-GAP\n") != 2 {
		t.Errorf("the second publication is gone, or a segment was lost that is no gap:\n%s", got)
	}
}

func TestRecordingIsMade(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	r, stream := s.begin(t, 41*time.Second)
	stream.End()
	r.Pause()
	stream.Finish()
	r.Finish()
	r.Close()
	s.idle(t)
	all, err := s.List(t.Context(), "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v\n%s\n%v", all, err, s.log, filesBelow(t, dir))
	}
	got := all[0]
	if got.Title != "The Show" || got.Stream != "show" || !got.Start.Equal(epoch) || got.DurationMS < 40900 || got.DurationMS > 41100 ||
		got.Size < 1000 || !got.Expires.Equal(got.End.Add(retention)) {
		t.Errorf("%+v", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "live/show/recordings", got.ID, "audio.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"#EXT-X-PLAYLIST-TYPE:VOD\n", "#EXT-X-MEDIA-SEQUENCE:0\n", "../../first/audio/0.m4s\n", "../../first/audio/20.m4s\n", "#EXT-X-ENDLIST\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for file, want := range map[string]bool{
		"first init.mp4": true, "first 0.m4s": true, "first 20.m4s": true, "first 21.m4s": false, "first -1.m4s": false,
		"first 20.mp4": false, "other 0.m4s": false, "other init.mp4": false,
	} {
		publication, name, _ := strings.Cut(file, " ")
		if s.RecordingContains(t.Context(), "show", got.ID, publication, name) != want {
			t.Errorf("%s is held: %v", file, !want)
		}
	}
	if s.RecordingContains(t.Context(), "other", got.ID, "first", "0.m4s") || s.RecordingContains(t.Context(), "show", "none", "first", "0.m4s") {
		t.Error("another recording holds it")
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "../") {
			if _, err := os.Stat(filepath.Join(dir, "live/show/recordings", got.ID, strings.TrimSpace(line))); err != nil {
				t.Error(err)
			}
		}
	}
	if text, err = os.ReadFile(filepath.Join(dir, "live/show/audio.m3u8")); err != nil || !strings.Contains(string(text), "\nfirst/audio/0.m4s\n") {
		t.Errorf("the stream's own playlist: %v\n%s", err, text)
	}
	served, err := s.Recording(t.Context(), "show", got.ID)
	if err != nil || !strings.Contains(playlist(t, served), "../../first/audio/20.m4s") {
		t.Errorf("%v", err)
	}
	if _, err := s.Recording(t.Context(), "other", got.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the recording of another stream: %v", err)
	}

	clip, err := s.Clip(t.Context(), ClipRequest{Recording: got.ID, Start: epoch.Add(10 * time.Second), End: epoch.Add(15 * time.Second), Title: "Goal!"})
	if err != nil || clip.ClipOf != got.ID || clip.DurationMS < 5000 || clip.DurationMS > 9000 || clip.Title != "Goal!" {
		t.Fatalf("%+v, %v", clip, err)
	}
	s.idle(t)
	// The clip outlives what it was cut from.
	if err := s.Delete(t.Context(), got.ID); err != nil {
		t.Fatal(err)
	}
	s.drained(t)
	if names := filesBelow(t, filepath.Join(dir, "live/show/first/audio")); len(names) < 4 || len(names) > 6 {
		t.Errorf("left for the clip: %v", names)
	}
	if err := s.Delete(t.Context(), clip.ID); err != nil {
		t.Fatal(err)
	}
	s.drained(t)
	if names := append(filesBelow(t, dir), directoriesIn(filepath.Join(dir, "live"))...); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
	if want := []string{
		"show " + got.ID + " [live/show/recordings/" + got.ID + "/]",
		"show " + clip.ID + " [live/show/recordings/" + clip.ID + "/ live/show/first/]",
	}; !slices.Equal(s.deleted, want) {
		t.Errorf("told %q, want %q", s.deleted, want)
	}
	if err := s.Delete(t.Context(), "../../etc"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNotRecordedGoes(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	r, stream := s.begin(t, 41*time.Second)
	last := sound(t, stream).Snapshot().LastMSN
	at := epoch.Add(time.Duration(last-1) * 2 * time.Second)
	clip, err := s.Clip(t.Context(), ClipRequest{Stream: "show", Start: at, End: at.Add(time.Second)})
	if err != nil || clip.ClipOf != "show" {
		t.Fatalf("%+v, %v", clip, err)
	}
	if _, err := s.Clip(t.Context(), ClipRequest{Stream: "show", Start: epoch, End: epoch.Add(time.Second)}); !errors.Is(err, ErrSpan) {
		t.Errorf("a clip of what has gone: %v", err)
	}
	if _, err := s.Clip(t.Context(), ClipRequest{Stream: "show", Start: at, End: at.Add(time.Hour)}); !errors.Is(err, ErrSpan) {
		t.Errorf("a clip of what has not come: %v", err)
	}
	stream.End()
	stream.Finish()
	r.Finish()
	r.Close()
	s.idle(t)
	for _, name := range filesBelow(t, dir) {
		if !strings.Contains(name, clip.ID) && !strings.Contains(name, "init.mp4") && !strings.Contains(name, fmt.Sprintf("/%d.m4s", last-1)) &&
			!strings.Contains(name, fmt.Sprintf("/%d.m4s", last)) && !strings.Contains(name, fmt.Sprintf("/%d.m4s", last-2)) {
			t.Errorf("left: %s", name)
		}
	}
	if served, err := s.Recording(t.Context(), "show", clip.ID); err != nil || !strings.Contains(playlist(t, served), fmt.Sprintf("/%d.m4s", last-1)) {
		t.Errorf("%v", err)
	}
}

// A broadcast that was over when the server stopped becomes a recording at the next
// start.
func TestRecordingIsMadeAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	_, stream := s.begin(t, 21*time.Second)
	stream.End()
	s.drained(t)
	ended := kill(t, dir)
	path := filepath.Join(ended, "journal", filesIn(filepath.Join(ended, "journal"), "")[0])
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"end\":true}\n{\"seg\":{\"r\":\"aud"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, ended, true)
	if u := again.Resume(); len(u) > 0 {
		t.Fatal("an ended broadcast goes on")
	}
	again.idle(t)
	if all, err := again.List(t.Context(), "show"); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if names := filesBelow(t, filepath.Join(ended, "journal")); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

func TestJournalIsCompacted(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	_, stream := s.begin(t, (compactAfter+100)*2*time.Second)
	s.drained(t)
	c, err := readJournal(s.journalPath("show"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Renditions[0].Entries); n > 300 {
		t.Errorf("%d entries", n)
	}
	restored, err := packager.Restore(s.packaging, packager.Discard{}, c.History, s.files.locate("show"))
	if err != nil || sound(t, restored).Snapshot().LastMSN < sound(t, stream).Snapshot().LastMSN {
		t.Errorf("%v", err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"head":{"version":1,"id":"x","stream":"show","begun":"2026-11-23T12:00:00Z"}}
{"shape":{"target_duration":2}}
{"init":{"r":"audio","pub":"p","track":{"Codec":3,"Timescale":48000}}}
{"seg":{"r":"audio","msn":0,"pub":"p","at":"2026-11-23T12:00:00Z","dur":2000000000,"size":5,"start":0}}
{"side":{"name":"chat","msn":0,"pub":"p","at":"2026-11-23T12:00:00Z","dur":2000000000,"items":3,"from":5}}
{"side":{"name":"chat","msn":2,"pub":"p","at":"2026-11-23T12:00:04Z","dur":2000000000}}
{"end":true}
`))
	library := &files{}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseJournal(bytes.NewReader(text))
		if err != nil {
			return
		}
		c.trimGaps()
		_ = c.describe()
		if s, err := packager.Restore(packager.Config{}, packager.Discard{}, c.History, library.locate(c.Stream)); err == nil {
			for _, r := range s.Renditions() {
				_ = r.Snapshot().Playlist(packager.SkipNothing).Gzip()
			}
			for _, c := range s.AllTimedObjects() {
				_ = c.Snapshot().Index().Gzip()
			}
		}
	})
}
