package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// film is a server and the pictures that are published to it: segments of 2 s, the first
// at the beginning of a minute.
type film struct {
	studio
	server *Server
	frame  int
}

func newFilm(t *testing.T, draw func(context.Context, packager.KeyPicture) ([]byte, error)) *film {
	t.Helper()
	s := packager.NewStream(packager.Config{Window: 20 * time.Second}, nothing{})
	track := media.Track{
		Codec: media.H264, Timescale: media.VideoTimescale, Width: 640, Height: 360, PPS: [][]byte{{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}},
		SPS: [][]byte{{
			0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
			0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
		}},
	}
	if err := s.Begin(packager.Epoch{ID: "p", Clock: media.Clock{Start: time.Unix(0, 0)}, Leader: "source", Tracks: map[string]media.Track{"source": track}}); err != nil {
		t.Fatal(err)
	}
	server := New(Config{DrawSmall: draw, Draw: draw}, one{s}, nil, slog.New(slog.DiscardHandler))
	return &film{studio: studio{handler: server, stream: s}, server: server}
}

// publish publishes for so long. A keyframe's payload begins with its frame's number.
func (f *film) publish(d time.Duration) {
	for end := f.frame + int(d/time.Second)*30; f.frame < end; f.frame++ {
		payload := fmt.Appendf(nil, "%8d", f.frame)
		f.stream.Write("source", media.Sample{DTS: media.Ticks(f.frame) * 3000, KeyFrame: f.frame%60 == 0, Payload: payload})
	}
}

// drawings is a stand-in for FFmpeg: a picture of a keyframe is its payload.
type drawings struct {
	count atomic.Int32
	now   atomic.Int32
	most  atomic.Int32 // at once
	took  time.Duration
	err   error
}

func (d *drawings) draw(_ context.Context, p packager.KeyPicture) ([]byte, error) {
	d.count.Add(1)
	d.most.Store(max(d.most.Load(), d.now.Add(1)))
	defer d.now.Add(-1)
	time.Sleep(d.took) // of a bubble's clock
	return p.Payload, d.err
}

func TestPreviewIsDrawnOnceInTenSeconds(t *testing.T) {
	var d drawings
	f := newFilm(t, d.draw)
	f.publish(25 * time.Second)
	for _, tt := range []struct {
		msn         int
		frame, made int // of the picture; drawings so far
	}{{3, 0, 1}, {3, 0, 1}, {0, 0, 1}, {4, 0, 1}, {5, 300, 2}, {9, 300, 2}, {2, 0, 2}, {10, 600, 3}} {
		got := f.get(fmt.Sprintf("/live/show/p/preview/%d.jpg", tt.msn))
		if want := fmt.Sprintf("%8d", tt.frame); got.Code != 200 || got.Body.String() != want || int(d.count.Load()) != tt.made {
			t.Errorf("%d: %d %q after %d drawings, want %q after %d", tt.msn, got.Code, got.Body, d.count.Load(), want, tt.made)
		}
	}
}

func TestPreviewHeaders(t *testing.T) {
	var d drawings
	f := newFilm(t, d.draw)
	f.publish(15 * time.Second)
	const url = "/live/show/p/preview/3.jpg"
	// Who has the picture gets no other, which need not even be drawn.
	if got := f.get(url, "If-None-Match", `"p-preview-3.jpg"`); got.Code != http.StatusNotModified || got.Body.Len() > 0 || d.count.Load() > 0 {
		t.Errorf("conditional: %d, %d drawings", got.Code, d.count.Load())
	}
	got := f.get(url)
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Content-Length": "8", "Cache-Control": httpcache.CacheControl(httpcache.Media), "Etag": `"p-preview-3.jpg"`,
		"Access-Control-Allow-Origin": "*", "Vary": "",
	} {
		if got := got.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	head := f.do(t.Context(), "HEAD", url)
	if head.Code != 200 || head.Header().Get("Content-Length") != "8" || head.Header().Get("Etag") != got.Header().Get("Etag") {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	if got := f.do(t.Context(), "OPTIONS", url); got.Code != http.StatusNoContent {
		t.Errorf("preflight: %d", got.Code)
	}
	if got := f.do(t.Context(), "POST", url); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.Code)
	}
}

func TestPreviewIsMissing(t *testing.T) {
	var d drawings
	f := newFilm(t, d.draw)
	f.publish(15 * time.Second)
	sound := newStudioOf(t, Config{DrawSmall: d.draw})
	sound.publish(9 * time.Second)
	withoutFFmpeg := newFilm(t, nil)
	withoutFFmpeg.publish(15 * time.Second)
	tests := []struct {
		name string
		of   *studio
		path string
	}{
		{"another publication", &f.studio, "/live/show/q/preview/3.jpg"},
		{"not there yet", &f.studio, "/live/show/p/preview/300.jpg"},
		{"no number", &f.studio, "/live/show/p/preview/x.jpg"},
		{"another spelling", &f.studio, "/live/show/p/preview/03.jpg"},
		{"a part", &f.studio, "/live/show/p/preview/3.1.jpg"},
		{"in a rendition", &f.studio, "/live/show/p/source/3.jpg"},
		{"another stream", &f.studio, "/live/other/p/preview/3.jpg"},
		{"sound only", sound, "/live/show/p/preview/1.jpg"},
		{"no FFmpeg", &withoutFFmpeg.studio, "/live/show/p/preview/3.jpg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.of.get(tt.path)
			if got.Code != 404 || got.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.NotFound) || got.Header().Get("Etag") != "" {
				t.Errorf("%d %v", got.Code, got.Header())
			}
		})
	}
	if d.count.Load() != 0 {
		t.Errorf("%d drawings", d.count.Load())
	}
}

// A picture is there as long as its segment, whether memory still has it or not.
func TestPreviewGoesWithItsSegment(t *testing.T) {
	var d drawings
	f := newFilm(t, d.draw)
	f.publish(15 * time.Second)
	const url = "/live/show/p/preview/3.jpg"
	if got := f.get(url); got.Code != 200 {
		t.Fatal(got.Code)
	}
	f.publish(2 * time.Minute)
	if got := f.get(url); got.Code != 404 {
		t.Errorf("%d long after the segment was trimmed", got.Code)
	}
}

func TestPreviewIsDrawnOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{took: time.Second}
		f := newFilm(t, d.draw)
		f.publish(25 * time.Second)
		var wg sync.WaitGroup
		gone, leave := context.WithCancel(t.Context())
		wg.Go(func() { f.do(gone, "GET", "/live/show/p/preview/0.jpg") }) // the first to ask, who doesn't wait
		synctest.Wait()
		leave()
		for i := range 100 {
			wg.Go(func() {
				if got := f.get(fmt.Sprintf("/live/show/p/preview/%d.jpg", i%10)); got.Code != 200 {
					t.Errorf("%d: %d", i%10, got.Code)
				}
			})
		}
		wg.Go(func() { f.get("/live/show/thumbnail.jpg") })
		wg.Wait()
		if d.count.Load() != 3 || d.most.Load() != 1 {
			t.Errorf("%d drawings, want two of segments and the stream's; %d at once", d.count.Load(), d.most.Load())
		}
	})
}

func TestPreviewIsRefusedWhenManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{took: time.Second}
		p := newPreviews(make(turns, 1))
		get := func(key string) error {
			_, err := p.get(t.Context(), key, func(ctx context.Context) ([]byte, error) { return d.draw(ctx, packager.KeyPicture{Payload: []byte{1}}) })
			return err
		}
		var wg sync.WaitGroup
		for i := range previewQueue {
			wg.Go(func() {
				if err := get(fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if err := get("one more"); !errors.Is(err, errBusy) {
			t.Errorf("%v, want errBusy", err)
		}
		wg.Go(func() { // joins those who wait
			if err := get("0"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if err := get("one more"); err != nil {
			t.Errorf("%v after the queue was empty", err)
		}
		for counter, want := range map[*float64]float64{
			new(testutil.ToFloat64(p.metrics.drawn)):   previewQueue + 1,
			new(testutil.ToFloat64(p.metrics.refused)): 1,
			new(testutil.ToFloat64(p.metrics.failed)):  0,
		} {
			if *counter != want {
				t.Errorf("counted %v, want %v", *counter, want)
			}
		}
	})
}

func TestRefusedPreviewMayBeAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{took: time.Minute}
		f := newFilm(t, d.draw)
		f.publish(15 * time.Second)
		// The drawing takes longer than anybody waits.
		got := f.get("/live/show/p/preview/3.jpg")
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "1" || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", got.Code, got.Header())
		}
		time.Sleep(time.Minute)
		if got := f.get("/live/show/p/preview/3.jpg"); got.Code != 200 || d.count.Load() != 1 {
			t.Errorf("%d after %d drawings", got.Code, d.count.Load())
		}
	})
}

func TestBrokenPreviewIsNotDrawnAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{err: errors.New("a broken frame")}
		f := newFilm(t, d.draw)
		f.publish(15 * time.Second)
		for range 3 {
			if got := f.get("/live/show/p/preview/3.jpg"); got.Code != 404 || d.count.Load() != 1 {
				t.Errorf("%d after %d drawings, want 404 after one", got.Code, d.count.Load())
			}
		}
		time.Sleep(thumbnailLife)
		d.err = nil
		if got := f.get("/live/show/p/preview/3.jpg"); got.Code != 200 {
			t.Errorf("%d later", got.Code)
		}
	})
}

func TestPictureCacheIsBounded(t *testing.T) {
	c := newPictureCache(10 * (1000 + pictureOverhead))
	now := time.Now()
	key := func(i int) string { return fmt.Sprintf("%04d", i) }
	c.put(key(0), make([]byte, 900))
	for i := range 50 {
		c.put(key(i+1), make([]byte, 900))
		if _, ok := c.get(key(0), now); !ok { // what is asked for stays
			t.Fatalf("forgotten after %d others", i+1)
		}
	}
	c.putMissing(strings.Repeat("x", 100), now.Add(time.Minute))
	if c.bytes() > c.max || c.kept.Len() < 10 {
		t.Errorf("%d bytes in %d entries", c.bytes(), c.kept.Len())
	}
	if _, ok := c.get(key(1), now); ok {
		t.Error("the oldest one is still there")
	}
	c.put(key(0), bytes.Repeat([]byte{7}, c.max))
	if c.kept.Len() != 0 || c.bytes() != 0 {
		t.Errorf("one that is too large is kept, or its size: %d bytes in %d entries", c.bytes(), c.kept.Len())
	}
}
