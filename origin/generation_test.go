package origin

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// newMended is a server of a picture whose keyframes came each 10 s, and come each 2 s since
// its publisher reconnected.
func newMended(t *testing.T) *studio {
	t.Helper()
	s := packager.NewStream(packager.Config{}, nothing{})
	at := media.Ticks(0)
	for _, p := range []struct {
		id       string
		interval time.Duration
		length   time.Duration
	}{{"first", 10 * time.Second, 31 * time.Second}, {"second", 2 * time.Second, 15 * time.Second}} {
		track := media.Track{
			Codec: media.H264, Timescale: media.VideoTimescale, Width: 640, Height: 360, KeyInterval: p.interval,
			SPS: [][]byte{{
				0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
				0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
			}},
			PPS: [][]byte{{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}},
		}
		begin := packager.Epoch{
			ID: p.id, Clock: media.Clock{Start: time.Unix(0, 0).Add(at.Duration(media.VideoTimescale)), Origin: at}, Leader: "source",
			Tracks: map[string]media.Track{"source": track},
		}
		if err := s.Begin(begin); err != nil {
			t.Fatal(err)
		}
		interval := media.TicksOf(p.interval, media.VideoTimescale)
		for i := media.Ticks(0); i < media.TicksOf(p.length, media.VideoTimescale); i += 3000 {
			s.Write("source", media.Sample{DTS: at + i, KeyFrame: i%interval == 0, Payload: make([]byte, 64)})
		}
		at += media.TicksOf(p.length, media.VideoTimescale) + 90000
		s.End()
	}
	return &studio{handler: New(Config{}, one{s}, nil, slog.New(slog.DiscardHandler)), stream: s}
}

// Playlists of both generations are served, as they are asked for.
func TestPlaylistsOfGenerations(t *testing.T) {
	s := newMended(t)
	tests := []struct {
		file string
		code int
		has  string
	}{
		{"index.m3u8", http.StatusOK, "\nsource.2s.m3u8\n"},
		{"index.m3u8?start=1970-01-01T00:00:10Z", http.StatusOK, "\nsource.m3u8?start="},
		{"source.m3u8", http.StatusOK, "#EXT-X-TARGETDURATION:10\n"},
		{"source.2s.m3u8", http.StatusOK, "#EXT-X-TARGETDURATION:2\n"},
		{"source.2s.m3u8?_HLS_msn=5", http.StatusOK, "#EXT-X-TARGETDURATION:2\n"},
		{"source.2s.m3u8?_HLS_msn=900", http.StatusBadRequest, ""},
		{"source.2s.iframes.m3u8", http.StatusOK, "#EXT-X-I-FRAMES-ONLY"},
		{"source.3s.m3u8", http.StatusNotFound, ""},
		{"nobody.2s.m3u8", http.StatusNotFound, ""},
	}
	check := func(t *testing.T) {
		for _, tt := range tests {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			got := s.do(ctx, "GET", "/live/show/"+tt.file)
			cancel()
			if got.Code != tt.code || !strings.Contains(got.Body.String(), tt.has) {
				t.Errorf("%s: %d %s", tt.file, got.Code, got.Body)
			}
		}
	}
	check(t)
	// When the stream is over all of it is what new viewers want.
	s.stream.Finish()
	tests[0].has, tests[5] = "\nsource.m3u8\n", tests[3] // a position means nothing any more
	check(t)
	if got := s.get("/live/show/source.2s.m3u8"); !strings.Contains(got.Body.String(), "#EXT-X-ENDLIST") {
		t.Errorf("after the end: %s", got.Body)
	}
}
