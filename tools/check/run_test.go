package check

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loaded is the slack of a machine that runs many tests at once.
const loaded = 3 * time.Second

func TestRunAgainstAGoodServer(t *testing.T) {
	t.Parallel()
	told := 0
	report, err := Run(t.Context(), Config{URL: serve(t, &origin{}), For: 4500 * time.Millisecond, Slack: loaded, Progress: func(Progress) { told++ }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Rules {
		if r.Status == Broken || r.Status == Warning {
			t.Errorf("%s: %s: %+v", r.ID, r.Status, r.Violations)
		}
	}
	for _, id := range []string{
		"block-contains", "block-at-once", "block-rollover", "block-too-far", "block-part-alone", "hint-answered", "hint-whole",
		"skip-served", "skip-merges", "parts", "decode-time", "report-true", "same-mapping", "audio-aligned", "bandwidth-peak",
		"identical", "gzip", "gzip-asked", "part-gone", "segment-gone", "fresh", "window-six",
		"i-frames", "i-frames-only", "in-sync",
	} {
		if report.Find(id).Status != Held {
			t.Errorf("%s: %s", id, report.Find(id).Status)
		}
	}
	f := report.Figures
	if len(f.Renditions) != 2 || f.Renditions[0].Kind != "video" || f.Renditions[1].PartDurations.Median != 0.25 || f.Reload.Count < 10 {
		t.Errorf("figures %+v", f)
	}
	if told < 4 {
		t.Errorf("progress was told %d times", told)
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil || !strings.Contains(text.String(), "0 broken") {
		t.Errorf("%v:\n%s", err, &text)
	}
}

func TestRunAgainstServersThatErr(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		o     *origin
		wrong []string
	}{
		"careless": {
			&origin{cookie: true, plain: true, lost: true, delta: true, unhinted: true},
			[]string{"no-cookie", "gzip", "available", "segment-gone", "skip-served", "hint-answered"},
		},
		"accepting": {&origin{anything: true}, []string{"block-contains", "block-too-far", "block-part-alone"}},
		"trickling": {&origin{forced: true, trickle: true}, []string{"gzip-asked", "hint-whole"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := Run(t.Context(), Config{URL: serve(t, tt.o), For: 2500 * time.Millisecond, Slack: loaded})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range tt.wrong {
				if r := report.Find(id); r.Status == Held || r.Status == NotSeen {
					t.Errorf("%s: %s after %d checks", id, r.Status, r.Checked)
				}
			}
			for _, r := range report.Rules {
				if r.Status == Broken && !slices.Contains(tt.wrong, r.ID) && name != "accepting" {
					t.Errorf("%s, too: %+v", r.ID, r.Violations)
				}
			}
		})
	}
}

func TestNothingToCheck(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			_, _ = w.Write([]byte("<html>"))
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	for url, want := range map[string]error{
		"":                                     ErrURL,
		"ftp://host/a.m3u8":                    ErrURL,
		server.URL + "/nothing.m3u8":           ErrUnreachable,
		server.URL + "/page":                   ErrUnreachable,
		"http://127.0.0.1:1/live/x/index.m3u8": ErrUnreachable,
	} {
		if _, err := Run(t.Context(), Config{URL: url, For: time.Second}); !errors.Is(err, want) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// A playlist that has ended ends the watch, and whoever watches can end it.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	ended := window{100, 110, 4, true}.text()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(ended)) }))
	t.Cleanup(server.Close)
	report, err := Run(t.Context(), Config{URL: server.URL + "/video.m3u8", For: time.Minute})
	if err != nil || report.For > 10 || report.Find("block-ended").Status != Held || report.Find("end-final").Status != Held {
		t.Errorf("%v after %.1f s: %+v", err, report.For, report.Find("block-ended"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if report, err = Run(ctx, Config{URL: serve(t, &origin{}), For: time.Minute}); err != nil || report.For > 5 {
		t.Errorf("%v after %.1f s", err, report.For)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range maxPlaylist >> 10 {
			_, _ = w.Write(make([]byte, 1<<10))
		}
		_, _ = w.Write([]byte{1})
	}))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	f := newFetcher(client)
	if _, err := f.get(t.Context(), request{kind: kindPlaylist, url: mustParse(server.URL), part: wholeResource}); !errors.Is(err, errTooLarge) {
		t.Errorf("a large playlist: %v", err)
	}
}
