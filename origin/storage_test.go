package origin

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// shelf is a storage of a few objects.
type shelf struct {
	noStorage
	t     *testing.T
	asked []string
}

type closable struct{ *bytes.Reader }

func (closable) Close() error { return nil }

func (s *shelf) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	s.asked = append(s.asked, key)
	if strings.Contains(key, "..") || strings.Contains(key, "\x00") {
		s.t.Errorf("was asked for %q", key)
	}
	if key == "live/show/old/source/3.m4s" || strings.HasPrefix(key, "live/show/recordings/r1/video.") {
		return closable{bytes.NewReader([]byte("0123456789"))}, nil
	}
	return nil, objectstore.ErrNotFound
}

func (s *shelf) Small(ctx context.Context, key string) ([]byte, error) {
	if key == "live/show/recordings/r1/poster.jpg" || key == "live/other/source.m3u8" {
		return []byte("small"), nil
	}
	return nil, objectstore.ErrNotFound
}

func (s *shelf) Recording(context.Context, media.StreamID, string) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

// What is not live is looked for in the storage, but nothing that could not be there.
func TestStorage(t *testing.T) {
	a := &shelf{t: t}
	handler := New(Config{}, one{packager.NewStream(packager.Config{}, packager.Discard{})}, a, discardLog())
	types := map[string]string{
		"/live/show/recordings/r1/poster.jpg": "image/jpeg", "/live/show/recordings/r1/video.mp4": "video/mp4",
	}
	names := map[string]string{
		"/live/show/recordings/r1/video.mp4":   `attachment; filename="r1.mp4"`,
		"/live/show/recordings/r1/video.2.mp4": `attachment; filename="r1.2.mp4"`,
	}
	for _, tt := range []struct {
		path, ask, body string
		code            int
	}{
		{"/live/show/old/source/3.m4s", "", "0123456789", 200},
		{"/live/show/old/source/3.m4s", "bytes=2-4", "234", 206},
		{"/live/other/source.m3u8", "", "small", 200},
		{"/live/show/recordings/r1/poster.jpg", "", "small", 200},
		{"/live/show/recordings/r1/video.mp4", "", "0123456789", 200},
		{"/live/show/recordings/r1/video.2.mp4", "", "0123456789", 200},
		{"/live/show/recordings/r1/index.m3u8", "", "", 404},
		{"/live/show/recordings/r1/journal.jsonl", "", "", 404},
		{"/live/show/recordings/r1/s3.published", "", "", 404},
		{"/live/show/old/source/4.m4s", "", "", 404},
		{"/live/show/old/source/3.1.m4s", "", "", 404},
		{"/live/../x.m3u8", "", "", 404},
		{"/live/%2e%2e/x.m3u8", "", "", 404},
		{"/live/show/..%2f..%2f/source/3.m4s", "", "", 404},
		{"/live/show/recordings/../poster.jpg", "", "", 404},
		{"/live/a%00b/x.m3u8", "", "", 404},
		{"/live/%ff/x.m3u8", "", "", 404},
		{"/live/show/" + strings.Repeat("x", 300) + "/source/3.m4s", "", "", 404},
		{"/live/" + strings.Repeat("x", 300) + "/index.m3u8", "", "", 404},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://host/", nil)
		if err := setPath(r, tt.path); err != nil {
			t.Fatal(err)
		}
		if tt.ask != "" {
			r.Header.Set("Range", tt.ask)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.code || (tt.body != "" && w.Body.String() != tt.body) {
			t.Errorf("%s: %d %q, want %d %q", tt.path, w.Code, w.Body, tt.code, tt.body)
		}
		if got := w.Header().Get("Content-Disposition"); got != names[tt.path] {
			t.Errorf("%s is saved by %q, want %q", tt.path, got, names[tt.path])
		}
		if want, known := types[tt.path]; known && w.Header().Get("Content-Type") != want {
			t.Errorf("%s is %s, want %s", tt.path, w.Header().Get("Content-Type"), want)
		}
	}
}

func setPath(r *http.Request, path string) (err error) {
	r.URL, err = url.ParseRequestURI(path)
	r.RequestURI = path
	return err
}

func discardLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
