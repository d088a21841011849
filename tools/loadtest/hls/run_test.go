package hls

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// live is an origin that has been on air for a while.
func live() *scripted { return &scripted{began: time.Now().Add(-10 * time.Second)} }

func TestLowLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		r := play(t, s, Config{Viewers: 20, Ramp: 2 * time.Second, Duration: 10 * time.Second})
		if r.Failed() != 0 || r.Missed != 0 || r.Reconnects != 0 {
			t.Errorf("%+v", r)
		}
		if got := r.FirstPlaylist.Count; got != 20 {
			t.Errorf("%d viewers had a playlist", got)
		}
		// 5 parts a second of 2 tracks, each with its reload.
		if r.RequestsPerSec < 390 || r.RequestsPerSec > 410 {
			t.Errorf("%v requests/s, want 400", r.RequestsPerSec)
		}
		// All wake at the same time, 10 ms after the part's end, says the script.
		if r.Spread.Max > 1 || r.Latency.P50 < 9 || r.Latency.Max > 11 || r.Reload.P50 < 180 || r.Reload.Max > 211 {
			t.Errorf("spread %+v, latency %+v, reload %+v", r.Spread, r.Latency, r.Reload)
		}
		if want := int64(20 * 2); s.polls.Load()-s.blocked.Load() != want {
			t.Errorf("%d reloads without directives, want %d", s.polls.Load()-s.blocked.Load(), want)
		}
		if r.ViewerSeconds < 199 || r.ViewerSeconds > 201 {
			t.Errorf("%v viewer-seconds, want 200", r.ViewerSeconds)
		}
	})
}

func TestStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		// Parts 70 to 79 come 2 s late, all at once: after 4 s.
		s.frozen = func(n int64) int64 {
			if n >= 70 && n < 80 {
				return 70
			}
			return n
		}
		r := play(t, s, Config{Viewers: 5, Duration: 10 * time.Second})
		if r.Stalls != 5 || r.StalledViewers != 5 || r.StalledSeconds < 5*1.2 || r.StalledSeconds > 5*1.8 {
			t.Errorf("%d stalls at %d viewers, %v s", r.Stalls, r.StalledViewers, r.StalledSeconds)
		}
		if r.ErrorCount != 0 || r.Missed != 0 {
			t.Errorf("%v, %d missed", r.Errors, r.Missed)
		}
	})
}

func TestPlainPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		r := play(t, s, Config{Viewers: 4, Mode: Plain, Duration: 10 * time.Second})
		if r.Failed() != 0 || s.blocked.Load() != 0 {
			t.Errorf("%+v", r)
		}
		// A segment a second and track: one poll a second if each finds news, up to two
		// if not.
		if polls := s.polls.Load(); polls < 4*2*10 || polls > 4*2*20 {
			t.Errorf("%d polls", polls)
		}
		if r.Media < 4*2*(10+3) {
			t.Errorf("%d segments", r.Media)
		}
	})
}

func TestPreload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		r := play(t, s, Config{Viewers: 4, Preload: true, Duration: 10 * time.Second})
		if r.Failed() != 0 || r.Missed != 0 {
			t.Errorf("%+v", r)
		}
		// Parts were asked for before they were there: a fetch is as long as a reload.
		if r.Fetch.P50 < 180 || r.Latency.Max > 11 {
			t.Errorf("fetch %+v, latency %+v", r.Fetch, r.Latency)
		}
		if r.RequestsPerSec < 4*19 || r.RequestsPerSec > 4*21 {
			t.Errorf("%v requests/s, want 80: a part must not be fetched twice", r.RequestsPerSec)
		}
	})
}

func TestPlaylistsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		r := play(t, s, Config{Viewers: 4, NoMedia: true, Duration: 5 * time.Second})
		if r.Failed() != 0 || r.Media != 0 || s.parts.Load() != 0 || r.Spread.Count == 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		s.ends = 75 // in 5 s
		begun := time.Now()
		r := play(t, s, Config{Viewers: 4, Duration: time.Hour})
		if took := time.Since(begun); took < 4*time.Second || took > 7*time.Second {
			t.Errorf("took %v", took)
		}
		if r.Failed() != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		p := pipes{} // nobody answers
		begun := time.Now()
		r, err := Run(ctx, Config{URL: "http://origin/x.m3u8", Viewers: 3, Ramp: time.Hour, After: time.Hour, dial: p.dial})
		if err != nil || !r.Interrupted || r.SteadySeconds != 3 || time.Since(begun) != 3*time.Second {
			t.Errorf("%+v, %v after %v", r, err, time.Since(begun))
		}
	})
}

// TestSessions follows a server that redirects to a URL with a session in it and
// wants to see that, and its cookie, in each request.
func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		var strangers int
		s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			cookie, err := r.Cookie("check")
			switch {
			case err != nil:
				http.SetCookie(w, &http.Cookie{Name: "check", Value: "1", Path: "/"})
				http.Redirect(w, r, "index.m3u8?check=1", http.StatusFound)
			case r.URL.Path == "/live/show/index.m3u8":
				_, _ = io.WriteString(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo.m3u8?session=7\n")
			case cookie.Value != "1" || (strings.HasSuffix(r.URL.Path, ".m3u8") && r.FormValue("session") != "7"):
				strangers++
				return false
			default:
				return false
			}
			return true
		}
		r := play(t, s, Config{Viewers: 1, Duration: 3 * time.Second})
		if r.Failed() != 0 || strangers > 0 || s.blocked.Load() < 10 {
			t.Errorf("%+v, %d requests without the session, %d reloads", r, strangers, s.blocked.Load())
		}
	})
}

func TestGzip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live()
		s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
			}
			if !strings.HasSuffix(r.URL.Path, "o.m3u8") || r.FormValue("_HLS_msn") != "" {
				return false
			}
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, s.playlist(s.there()))
			_ = packed.Close()
			return true
		}
		r := play(t, s, Config{Viewers: 3, Gzip: true, Duration: 3 * time.Second})
		if r.Failed() != 0 || r.Media == 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestRealSockets(t *testing.T) {
	s := live()
	for name, server := range map[string]*httptest.Server{"http": httptest.NewServer(s), "https": httptest.NewTLSServer(s)} {
		t.Run(name, func(t *testing.T) {
			defer server.Close()
			r, err := Run(t.Context(), Config{
				URL: server.URL + "/index.m3u8", Viewers: 3, Duration: 700 * time.Millisecond, Insecure: true, PID: os.Getpid(),
			})
			if err != nil || r.ErrorCount != 0 || r.Media == 0 || r.Server == nil {
				t.Errorf("%+v, %v", r, err)
			}
			if err := r.WriteTable(t.Output()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	cfg := Config{URL: "ftp://x", Mode: "fast", Variant: -1, Header: []string{"a"}, Ramp: -1}
	err := cfg.Validate()
	for _, word := range []string{"url", "viewers", "mode", "variant", "header", "ramp"} {
		if err == nil || !strings.Contains(err.Error(), word+":") {
			t.Errorf("%v: nothing about %s", err, word)
		}
	}
	if _, err := Run(t.Context(), Config{URL: "http://x/", Viewers: 1 << 30}); err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("a billion viewers: %v", err)
	}
}
