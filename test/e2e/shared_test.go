//go:build e2e

package e2e

import (
	"os"
	"sync"
	"testing"
)

// sharedServer is a server that several tests use at once, each with a stream of its
// own name, because they only look.
type sharedServer struct {
	once sync.Once
	s    *server
	sets []string
}

// Settings by which nobody is disturbed: passed-through streams, and a ladder with rungs
// that cost little.
var (
	passThrough = &sharedServer{sets: []string{"transcode.ladder=off", "hls.dvr=10m", "api.token=" + apiToken}}
	withLadder  = &sharedServer{sets: []string{"transcode.ladder=180p,audio", "hls.window=16s"}}
)

// at returns the server, started at the first call.
func (h *sharedServer) at(t *testing.T) *server {
	t.Helper()
	h.once.Do(func() {
		dir, err := os.MkdirTemp("", "lightstick-e2e-")
		if err != nil {
			t.Fatal(err)
		}
		s := prepareIn(t, dir, h.sets...)
		s.run(t)
		h.s = s
	})
	if h.s == nil {
		t.Fatal("the shared server did not start; see the first test that used it")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server that tests share said:\n%s", h.s.log)
		}
	})
	return h.s
}

// close ends the server and reports whether it ended without an error.
func (h *sharedServer) close() bool {
	if h.s == nil {
		return true
	}
	err := h.s.terminate()
	_ = os.RemoveAll(h.s.data)
	if err != nil {
		println("a server that tests share ended with", err.Error())
	}
	return err == nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, h := range []*sharedServer{passThrough, withLadder} {
		if !h.close() {
			code = max(code, 1)
		}
	}
	if filmFolder != "" {
		_ = os.RemoveAll(filmFolder)
	}
	os.Exit(code)
}
