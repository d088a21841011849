package health

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// readyCode asks for a verdict.
func readyCode(r *Readiness) (int, string) {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, ReadyPath, nil))
	return w.Code, w.Body.String()
}

func TestReadinessFollowsItsChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var database, disk error
		asked := 0
		r := New(slog.New(slog.NewTextHandler(&log, nil)),
			Check{"database", func(context.Context) error { asked++; return database }},
			Check{"disk", func(context.Context) error { return disk }})
		steps := []struct {
			name           string
			database, disk error
			code           int
			body           string
		}{
			{"all is well", nil, nil, 200, "ok\n"},
			{"disk", nil, errors.New("/secret/path is full"), 503, "not ready: disk\n"},
			{"both", errors.New("file is gone"), errors.New("full"), 503, "not ready: database\n"},
			{"well again", nil, nil, 200, "ok\n"},
		}
		for _, step := range steps {
			database, disk = step.database, step.disk
			time.Sleep(readyKept)
			for range 3 { // the verdict is kept
				if code, body := readyCode(r); code != step.code || body != step.body {
					t.Errorf("%s: %d %q", step.name, code, body)
				}
			}
		}
		if asked != len(steps) {
			t.Errorf("the database was asked %d times for %d verdicts", asked, len(steps))
		}
		for _, want := range []string{"check=disk err=\"/secret/path is full\"", "check=database", "ready again"} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("the log does not say %q once:\n%s", want, log.String())
			}
		}
		r.Drain()
		if code, body := readyCode(r); code != 503 || body != "not ready: draining\n" {
			t.Errorf("while draining: %d %q", code, body)
		}
	})
}

func TestReadinessOfADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asked atomic.Int64
		r := New(slog.New(slog.DiscardHandler), Check{"disk", func(context.Context) error {
			asked.Add(1)
			<-release
			return nil
		}})
		for range 3 {
			if code, _ := readyCode(r); code != 503 {
				t.Errorf("%d while the check hangs", code)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%d checks hang, want 1", n)
		}
		close(release)
		synctest.Wait()
		if code, _ := readyCode(r); code != 200 {
			t.Errorf("%d when it hangs no more", code)
		}
	})
}

func TestDiskCheck(t *testing.T) {
	dir := t.TempDir()
	free := func(n uint64, err error) func(string) (uint64, error) {
		return func(string) (uint64, error) { return n, err }
	}
	for _, tt := range []struct {
		name, dir string
		free      func(string) (uint64, error)
		want      string // of the error; "": none
	}{
		{"space", dir, free(minFree, nil), ""},
		{"full", dir, free(minFree-1, nil), "left"},
		{"not to be told", dir, free(0, errors.New("stale handle")), "stale handle"},
		{"can't be written", filepath.Join(dir, "gone"), free(minFree, nil), "no such file"},
		{"real", dir, freeSpace, ""},
	} {
		err := diskCheck(tt.dir, tt.free).Run(t.Context())
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("checks leave %v, %v", left, err)
	}
}
