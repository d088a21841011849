package hls

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

func TestBadServers(t *testing.T) {
	isPlaylist := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "o.m3u8") }
	isPart := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".m4s") }
	tests := []struct {
		name   string
		when   func(*http.Request) bool
		answer func(http.ResponseWriter, *http.Request)
		kind   string
	}{
		{"500 for playlists", isPlaylist, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "status 500"},
		{"404 for parts", isPart, http.NotFound, "status 404"},
		{"resets", isPart, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(make([]byte, 500))
			panic(http.ErrAbortHandler)
		}, "connection lost"},
		{"never-ending answers", isPart, func(w http.ResponseWriter, r *http.Request) {
			for retry.Sleep(r.Context(), time.Second) {
				_, _ = w.Write([]byte("."))
				_ = http.NewResponseController(w).Flush()
			}
		}, "timeout"},
		{"endless playlists", isPlaylist, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "#EXTM3U\n")
			for range 2000 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, "answer too long"},
		{"web pages", isPlaylist, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "malformed playlist"},
		{"ten thousand parts", isPlaylist, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "#EXTM3U\n"+strings.Repeat("#EXT-X-PART:DURATION=1,URI=\"a\"\n", 10_000))
		}, "absurd playlist"},
		{"no parts", isPlaylist, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "#EXTM3U\n#EXTINF:1,\na\n") }, "no blocking reload offered"},
		{"redirects in a circle", isPlaylist, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "too many redirects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := live()
				s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if bad := tt.when(r); !bad {
						return false
					}
					tt.answer(w, r)
					return true
				}
				r := play(t, s, Config{Viewers: 2, Duration: 10 * time.Second, Timeout: 3 * time.Second})
				if len(r.Errors) != 1 || r.Errors[tt.kind] == 0 {
					t.Errorf("%v, want only %s", r.Errors, tt.kind)
				}
				if r.Errors[tt.kind] > 2*2*10*6 {
					t.Errorf("%d errors: a viewer must not hammer a server that is ill", r.Errors[tt.kind])
				}
			})
		})
	}
}

// TestStaleReloads: a server that answers blocking reloads at once, without news.
func TestStaleReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.FormValue("_HLS_msn") == "" {
				return false
			}
			_, _ = io.WriteString(w, s.playlist(50))
			return true
		}
		r := play(t, s, Config{Viewers: 1, Duration: 10 * time.Second})
		if r.Errors[errStale.Error()] == 0 || r.Errors[errStale.Error()] > 2*11 {
			t.Errorf("%v", r.Errors)
		}
		if r.Stalls != 1 {
			t.Errorf("%d stalls", r.Stalls)
		}
	})
}
