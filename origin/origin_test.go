package origin

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

type nothing struct{ packager.Discard }

// one has streams:  one stream.
type one struct{ stream *packager.Stream }

func (o one) Live(id media.StreamID) (*packager.Stream, bool) { return o.stream, id == "show" }
func (o one) Status(_ context.Context, id media.StreamID) (Status, bool) {
	return Status{State: "live", Name: "Show"}, id == "show"
}

// studio is a server and the audio that is published to it.
type studio struct {
	handler http.Handler
	stream  *packager.Stream
	next    media.Ticks
}

func newStudio(t testing.TB) *studio {
	t.Helper()
	return newStudioOf(t, Config{})
}

func newStudioOf(t testing.TB, cfg Config, series ...packager.TimedObjectSeries) *studio {
	t.Helper()
	s := packager.NewStream(packager.Config{}, nothing{}, series...)
	track := media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}
	if err := s.Begin(packager.Epoch{ID: "p", Clock: media.Clock{Start: time.Unix(0, 0)}, Leader: "audio", Tracks: map[string]media.Track{"audio": track}}); err != nil {
		t.Fatal(err)
	}
	handler := New(cfg, one{s}, nil, slog.New(slog.DiscardHandler))
	return &studio{handler: handler, stream: s}
}

func (s *studio) publish(d time.Duration) {
	for end := s.next + media.TicksOf(d, 48000); s.next < end; s.next += 1024 {
		s.stream.Write("audio", media.Sample{DTS: s.next, Duration: 1024, KeyFrame: true, Payload: bytes.Repeat([]byte{byte(s.next >> 10)}, 64)})
	}
}

func (s *studio) get(path string, header ...string) *httptest.ResponseRecorder {
	return s.do(context.Background(), "GET", path, header...)
}

func (s *studio) do(ctx context.Context, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func TestPlaylistHeaders(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	plain := s.get("/live/show/audio.m3u8")
	for name, want := range map[string]string{
		"Content-Type": playlistType[0], "Cache-Control": httpcache.CacheControl(httpcache.LivePlaylist),
		"Access-Control-Allow-Origin": "*", "Vary": "Accept-Encoding",
	} {
		if got := plain.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	zipped := s.get("/live/show/audio.m3u8", "Accept-Encoding", "br, gzip;q=0.8")
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(reader); err != nil || !bytes.Equal(text, plain.Body.Bytes()) {
		t.Errorf("gzip holds something else (%v)", err)
	}
	if got := s.get("/live/show/audio.m3u8", "Accept-Encoding", "gzip;q=0"); got.Header().Get("Content-Encoding") != "" {
		t.Error("gzip though it was refused")
	}
	if head := s.do(context.Background(), "HEAD", "/live/show/audio.m3u8"); head.Body.Len() != 0 ||
		head.Header().Get("Content-Length") != fmt.Sprint(plain.Body.Len()) {
		t.Error("HEAD differs from GET")
	}
	if got := s.get("/live/show/index.m3u8"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "mp4a.40.2") {
		t.Errorf("multivariant: %d %s", got.Code, got.Body)
	}
	if got := s.do(context.Background(), "OPTIONS", "/live/show/audio.m3u8"); got.Code != http.StatusNoContent {
		t.Errorf("preflight: %d", got.Code)
	}
}

func TestPlaylistRevalidation(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	for _, path := range []string{"/live/show/index.m3u8", "/live/show/audio.m3u8", "/live/show/audio.m3u8?_HLS_msn=1"} {
		plain := s.get(path).Header().Get("Etag")
		gzip := s.get(path, "Accept-Encoding", "gzip").Header().Get("Etag")
		if plain == "" || plain == gzip {
			t.Errorf("%s: tags %q and %q, want two", path, plain, gzip)
		}
		if w := s.get(path, "If-None-Match", plain); w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("Cache-Control") == "" {
			t.Errorf("%s with its tag: %d, %d bytes, %v", path, w.Code, w.Body.Len(), w.Header())
		}
		if w := s.get(path, "If-None-Match", gzip); w.Code != http.StatusOK {
			t.Errorf("%s with the other form's tag: %d", path, w.Code)
		}
	}
	before := s.get("/live/show/audio.m3u8").Header().Get("Etag")
	s.publish(time.Second)
	if w := s.get("/live/show/audio.m3u8", "If-None-Match", before); w.Code != http.StatusOK {
		t.Errorf("a playlist that has moved on: %d", w.Code)
	}
}

func TestDirectives(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	rendition, _ := s.stream.Rendition("audio")
	last := rendition.Snapshot().LastMSN
	parts := rendition.Snapshot().OpenParts
	tests := []struct {
		query string
		want  int
	}{
		{"", 200},
		{"?_HLS_msn=0", 200},
		{fmt.Sprintf("?_HLS_msn=%d", last), 200},
		{fmt.Sprintf("?_HLS_msn=%d&_HLS_part=0", last+1), 200},
		{fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", last+1, parts-1), 200},
		{fmt.Sprintf("?_HLS_msn=%d&_HLS_part=99", last), 200}, // past a segment's end: the next one's first part
		{"?_HLS_part=1", 400},
		{"?_HLS_msn=-1", 400},
		{"?_HLS_msn=x", 400},
		{"?_HLS_msn=99999999999999999999", 400},
		{fmt.Sprintf("?_HLS_msn=%d", last+3), 400},
		{fmt.Sprintf("?_HLS_msn=%d&_HLS_part=-1", last), 400},
		{fmt.Sprintf("?_HLS_msn=%d&_HLS_part=100000", last+1), 400},
		{"?CMCD=x%3D1&token=abc", 200},
		{"?_HLS_skip=YES", 200},
		{"?_HLS_skip=rubbish", 200},
		{"?start=1970-01-01T00:00:00Z", 200},
		{"?start=1970-01-01T02:00:00%2B01:00", 404}, // not yet
		{"?start=3&end=6", 200},
		{"?start=6&end=3", 400},
		{"?start=now", 400},
		{"?end=-1", 400},
	}
	for _, tt := range tests {
		if got := s.get("/live/show/audio.m3u8" + tt.query); got.Code != tt.want {
			t.Errorf("%s: %d %s", tt.query, got.Code, got.Body)
		}
	}
}

func TestBlockingReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t)
		s.publish(9 * time.Second)
		rendition, _ := s.stream.Rendition("audio")
		snap := rendition.Snapshot()
		next := fmt.Sprintf("/live/show/audio.m3u8?_HLS_msn=%d&_HLS_part=%d", snap.LastMSN+1, snap.OpenParts)

		var wg sync.WaitGroup
		answers := make([]*httptest.ResponseRecorder, 50)
		for i := range answers {
			wg.Go(func() { answers[i] = s.get(next) })
		}
		time.Sleep(time.Second) // of the bubble's clock: every request is held now
		synctest.Wait()
		if answers[0] != nil {
			t.Fatal("answered before the part was there")
		}
		s.publish(300 * time.Millisecond)
		wg.Wait()
		for _, a := range answers {
			if a.Code != 200 || a.Body.String() != answers[0].Body.String() || a.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.BlockingPlaylist) {
				t.Fatalf("%d %q", a.Code, a.Header().Get("Cache-Control"))
			}
		}

		// Nothing more comes: 503 after three target durations.
		snap = rendition.Snapshot()
		begun := time.Now()
		held := s.get(fmt.Sprintf("/live/show/audio.m3u8?_HLS_msn=%d&_HLS_part=%d", snap.LastMSN+1, snap.OpenParts))
		if held.Code != http.StatusServiceUnavailable || time.Since(begun) != 6*time.Second {
			t.Errorf("%d after %v", held.Code, time.Since(begun))
		}
		if held.Header().Get("Cache-Control") != "no-store" {
			t.Error("a failure may be cached")
		}

		// A player that leaves frees its request at once.
		ctx, leave := context.WithCancel(context.Background())
		wg.Go(func() { s.do(ctx, "GET", next+"0") })
		synctest.Wait()
		begun = time.Now()
		leave()
		wg.Wait()
		if time.Since(begun) != 0 {
			t.Error("the request outlived its player")
		}

		// The end of the stream answers everybody who waits.
		wg.Go(func() {
			if got := s.get(fmt.Sprintf("/live/show/audio.m3u8?_HLS_msn=%d", snap.LastMSN+2)); !strings.Contains(got.Body.String(), "#EXT-X-ENDLIST") {
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
		synctest.Wait()
		s.stream.End()
		s.stream.Finish()
		wg.Wait()
	})
}

func TestMedia(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	whole := s.get("/live/show/p/audio/1.m4s")
	if whole.Code != 200 || whole.Header().Get("Content-Type") != "audio/mp4" || whole.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.Media) {
		t.Fatalf("%d %v", whole.Code, whole.Header())
	}
	var parts bytes.Buffer
	for i := 0; ; i++ {
		part := s.get(fmt.Sprintf("/live/show/p/audio/1.%d.m4s", i))
		if part.Code != 200 {
			break
		}
		parts.Write(part.Body.Bytes())
	}
	if !bytes.Equal(parts.Bytes(), whole.Body.Bytes()) {
		t.Error("the segment isn't its parts")
	}
	middle := s.get("/live/show/p/audio/1.m4s", "Range", "bytes=700-899")
	if middle.Code != http.StatusPartialContent || !bytes.Equal(middle.Body.Bytes(), whole.Body.Bytes()[700:900]) {
		t.Errorf("range: %d, %d bytes", middle.Code, middle.Body.Len())
	}
	if got := s.get("/live/show/p/audio/1.m4s", "If-None-Match", whole.Header().Get("Etag")); got.Code != http.StatusNotModified {
		t.Errorf("conditional: %d", got.Code)
	}
	if head := s.do(context.Background(), "HEAD", "/live/show/p/audio/1.m4s"); head.Body.Len() != 0 || head.Header().Get("Content-Length") != fmt.Sprint(whole.Body.Len()) {
		t.Error("HEAD differs from GET")
	}
	if got := s.get("/live/show/p/audio/init.mp4"); got.Code != 200 || !bytes.Contains(got.Body.Bytes(), []byte("mp4a")) {
		t.Errorf("init: %d", got.Code)
	}
	for _, path := range []string{
		"/live/show/q/audio/1.m4s", "/live/show/p/video/1.m4s", "/live/other/p/audio/1.m4s", "/live/show/p/audio/01.m4s",
		"/live/show/p/audio/-1.m4s", "/live/show/p/audio/1.mp4", "/live/show/p/audio/1.x.m4s", "/live/show/q/audio/init.mp4",
		"/live/show/p/audio/99999.m4s", "/live/none/index.m3u8", "/live/show/video.m3u8", "/live/show/audio.txt",
	} {
		got := s.get(path)
		if got.Code != http.StatusNotFound || got.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.NotFound) {
			t.Errorf("%s: %d, %q", path, got.Code, got.Header().Get("Cache-Control"))
		}
	}
}

func TestHintedPartIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t)
		s.publish(9 * time.Second)
		rendition, _ := s.stream.Rendition("audio")
		snap := rendition.Snapshot()
		hinted := fmt.Sprintf("/live/show/p/audio/%d.%d.m4s", snap.LastMSN+1, snap.OpenParts)
		if !strings.Contains(string(snap.Playlist(packager.SkipNothing).Plain()), fmt.Sprintf("%d.%d.m4s\"\n", snap.LastMSN+1, snap.OpenParts)) {
			t.Fatal("that isn't what the playlist hints")
		}
		var got *httptest.ResponseRecorder
		var wg sync.WaitGroup
		wg.Go(func() { got = s.get(hinted) })
		synctest.Wait()
		if got != nil {
			t.Fatalf("answered too early: %d", got.Code)
		}
		s.publish(300 * time.Millisecond)
		wg.Wait()
		if got.Code != 200 || got.Body.Len() == 0 {
			t.Errorf("%d, %d bytes", got.Code, got.Body.Len())
		}
	})
}

func TestErrorTableHidesTheUnknown(t *testing.T) {
	w := httptest.NewRecorder()
	New(Config{}, one{}, nil, slog.New(slog.DiscardHandler)).responder.fail(w, httptest.NewRequest("GET", "/", nil), kindMedia, errors.New("secret path"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAudienceCountsWatching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := viewerEstimate{traffic: new(counters)}
		for range 12 * 4 { // 12 s of 100 players that ask every 250 ms
			for range 100 {
				a.addRequest(250 * time.Millisecond)
			}
			time.Sleep(250 * time.Millisecond)
		}
		if got := a.players(); got < 95 || got > 105 {
			t.Errorf("%d viewers, want about 100", got)
		}
		time.Sleep(15 * time.Second)
		if got := a.players(); got != 0 {
			t.Errorf("%d viewers after all have left", got)
		}
	})
}

func TestDeltaUpdateThroughHTTP(t *testing.T) {
	s := newStudio(t)
	s.publish(40 * time.Second)
	whole, delta, v2 := s.get("/live/show/audio.m3u8"), s.get("/live/show/audio.m3u8?_HLS_skip=YES"), s.get("/live/show/audio.m3u8?_HLS_skip=v2")
	if strings.Contains(whole.Body.String(), "#EXT-X-SKIP") || !strings.Contains(delta.Body.String(), "#EXT-X-SKIP:SKIPPED-SEGMENTS=") ||
		!strings.Contains(v2.Body.String(), `,RECENTLY-REMOVED-DATERANGES=""`) {
		t.Errorf("%s\n%s\n%s", whole.Body, delta.Body, v2.Body)
	}
	if delta.Body.Len() > whole.Body.Len()*85/100 {
		t.Errorf("the delta update has %d bytes of %d", delta.Body.Len(), whole.Body.Len())
	}
}

// A stream that stands still is refused, so that a CDN asks elsewhere.
func TestStalePlaylists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudioOf(t, Config{Settings: Settings{StaleCode: http.StatusNotFound}})
		s.publish(9 * time.Second)
		time.Sleep(3 * time.Second)
		if got := s.get("/live/show/audio.m3u8"); got.Code != http.StatusOK {
			t.Errorf("stale too early: %d", got.Code)
		}
		time.Sleep(time.Millisecond)
		for _, file := range []string{"index.m3u8", "audio.m3u8", "audio.m3u8?_HLS_msn=4"} {
			if got := s.get("/live/show/" + file); got.Code != http.StatusNotFound {
				t.Errorf("%s: %d", file, got.Code)
			}
		}
		if err := s.stream.AddDateRange(hls.DateRange{ID: "x", Start: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if got := s.get("/live/show/audio.m3u8"); got.Code != http.StatusNotFound {
			t.Errorf("metadata make it live: %d", got.Code)
		}
		s.publish(time.Second)
		if got := s.get("/live/show/audio.m3u8"); got.Code != http.StatusOK {
			t.Errorf("still stale: %d", got.Code)
		}
		s.stream.End()
		s.stream.Finish()
		time.Sleep(time.Minute)
		if got := s.get("/live/show/index.m3u8"); got.Code != http.StatusOK {
			t.Errorf("an ended stream is stale: %d", got.Code)
		}
	})
}
