package origin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// inside is what errors of ours begin with, for logs: the name of a package.
var inside = regexp.MustCompile(`\b(origin|packager|objectstore|recording|media|query): `)

// Every error has an answer that says what to do, without the names of packages.
func TestFailuresAreInPlainWords(t *testing.T) {
	tests := []struct {
		err  error
		code int
		want string
	}{
		{packager.ErrGone, 404, "load the playlist again"},
		{fmt.Errorf("reading: %w", packager.ErrGone), 404, "load the playlist again"},
		{packager.ErrTooFar, 400, "without _HLS_msn"},
		{packager.ErrHalted, 503, "try again"},
		{recording.ErrNotFound, 404, "no such recording"},
		{objectstore.ErrNotFound, 404, "no longer kept"},
		{errNoStream, 404, "check the address"},
		{errHeld, 503, "try again"},
		{errStale, 503, "try again"},
		{errMethod, 405, "use GET"},
		{errLongURI, 414, "8192 bytes"},
		{errLongHeader, 431, "16384 bytes"},
		{badQuery("end is not after start"), 400, "end is not after start"},
		{errors.New("objectstore: get live/show/index.m3u8: permission denied"), 500, "try again"},
	}
	s := New(Config{Settings: Settings{StaleCode: http.StatusServiceUnavailable}}, one{}, nil, discardLog())
	for _, tt := range tests {
		w := httptest.NewRecorder()
		s.responder.fail(w, httptest.NewRequest("GET", "/live/show/index.m3u8", nil), kindPlaylist, tt.err)
		if text := w.Body.String(); w.Code != tt.code || !strings.Contains(text, tt.want) || inside.MatchString(text) || strings.Contains(text, "denied") {
			t.Errorf("%v: %d %q, want %d with %q", tt.err, w.Code, text, tt.code, tt.want)
		}
	}
}

// What a viewer can ask for and not get is refused in plain words.
func TestRefusalsOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t)
		s.publish(9 * time.Second)
		for _, path := range []string{
			"/live/none/index.m3u8", "/live/show/none.m3u8", "/live/show/p/audio/999.m4s", "/live/show/p/audio/x.m4s", "/live/show/p/none/1.m4s", "/live/show/chat/index.json",
			"/live/show/chat/1.json", "/live/show/p/chat/1-2.json", "/live/show/recordings/none/index.m3u8", "/live/show/recordings/none/poster.jpg", "/live/show/recordings/none/x.exe",
			"/live/show/audio.m3u8?_HLS_msn=x", "/live/show/audio.m3u8?_HLS_part=1", "/live/show/audio.m3u8?_HLS_msn=1&_HLS_part=x", "/live/show/audio.m3u8?_HLS_msn=99999",
			"/live/show/audio.m3u8?start=x", "/live/show/audio.m3u8?start=2&end=1", "/live/show/audio.m3u8?start=1900000000", "/live/show", "/live/" + strings.Repeat("x", 9000),
		} {
			w := s.do(context.Background(), "GET", path)
			if w.Code < 400 || inside.MatchString(w.Body.String()) || len(w.Body.String()) < 20 {
				t.Errorf("%s: %d %q", path, w.Code, w.Body)
			}
		}
		if w := s.do(context.Background(), "POST", "/live/show/index.m3u8"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != methods {
			t.Errorf("POST: %d %v", w.Code, w.Header())
		}
	})
}
