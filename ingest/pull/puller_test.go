package pull

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clientFunc is a client that is told what to do.
type clientFunc func(ctx context.Context, gate ingest.Gate) error

func (f clientFunc) Fetch(ctx context.Context, gate ingest.Gate) error { return f(ctx, gate) }

// setOf makes a Set of one stream, which is fetched by f.
func setOf(t *testing.T, address string, gate ingest.Gate, log *slog.Logger, f clientFunc) *Set {
	t.Helper()
	s, err := New(map[string]string{"cam": address}, gate, log)
	if err != nil {
		t.Fatal(err)
	}
	s.pullers["cam"].address.scheme.make = func(Address, *slog.Logger) (client, error) { return f, nil }
	return s
}

// A stream is fetched again and again, with longer and longer waits until it held. How it
// stands is told, and nothing that is secret.
func TestPullerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logtest.Buffer
		gate := ingesttest.NewGate()
		var mu sync.Mutex
		var begun []time.Time
		attempts := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(begun)
		}
		const lives = 6 // the attempt that gets to media
		f := func(ctx context.Context, gate ingest.Gate) error {
			mu.Lock()
			begun = append(begun, time.Now())
			mu.Unlock()
			switch attempts() {
			case 2:
				panic("a fault")
			case 3:
				return nil
			case lives:
				sink, err := gate.Open(ctx, ingest.Request{Protocol: "other"})
				if err != nil {
					return err
				}
				defer sink.Close(ingest.ErrLost)
				if err := sink.Write(media.Video, media.Sample{}); err != nil {
					return err
				}
				time.Sleep(2 * steady)
				return ingest.ErrLost
			}
			return ingest.ErrCredentials
		}
		s := setOf(t, "rtsp://user:secret@192.0.2.1/stage?token=secret", gate, slog.New(slog.NewTextHandler(&log, nil)), f)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.Run(ctx) }()
		at := func(n int) {
			for synctest.Wait(); attempts() < n; synctest.Wait() {
				time.Sleep(100 * time.Millisecond)
			}
		}
		at(1)
		if st := s.Status("cam"); st.State != ingest.PullWaiting || st.Error != ingest.ErrCredentials.Error() || st.Address != "rtsp://192.0.2.1" {
			t.Errorf("after a wrong password: %+v", st)
		}
		at(3)
		if st := s.Status("cam"); st.Error != errEnded.Error() {
			t.Errorf("after an end: %+v", st)
		}
		at(lives)
		if st := s.Status("cam"); st.State != ingest.PullLive || st.Error != "" {
			t.Errorf("while media come: %+v", st)
		}
		if r := gate.Live().Request; r.Trusted != "cam" || r.Protocol != "rtsp" || r.Remote != "rtsp://192.0.2.1" {
			t.Errorf("opened as %+v", r)
		}
		at(lives + 1)
		if ended := <-gate.Ended; !errors.Is(ended.Reason, ingest.ErrLost) {
			t.Error(ended.Reason)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		// Half of an interval at least is waited, and the interval at most (package retry).
		for i, interval := range []time.Duration{1, 2, 4, 8, 16} {
			if wait := begun[i+1].Sub(begun[i]); wait < interval*time.Second/2 || wait > interval*time.Second {
				t.Errorf("wait %d is %v, want up to %d s", i, wait, interval)
			}
		}
		if wait := begun[lives].Sub(begun[lives-1]) - 2*steady; wait > time.Second {
			t.Errorf("after it held, the wait is %v", wait)
		}
		if text := log.String(); strings.Contains(text, "secret") || !strings.Contains(text, "remote=rtsp://192.0.2.1") {
			t.Errorf("logged:\n%s", text)
		}
	})
}
