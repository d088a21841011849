package live

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// changing is an Authorizer that does what asked does, with the number of the question.
type changing struct {
	asked func(n int64) (media.StreamID, error)
	count atomic.Int64
}

func (c *changing) Authorise(context.Context, string) (media.StreamID, error) {
	return c.asked(c.count.Add(1))
}

func managerOf(auth Authorizer, open bool) *Manager {
	return NewManager(Config{
		Packager: packager.Config{}.WithDefaults(), Settings: Settings{Open: open}, Recorder: func(media.StreamID) Recorder { return nothing{} },
	}, auth, slog.New(slog.DiscardHandler))
}

func TestRecheck(t *testing.T) {
	failed := errors.New("database is locked")
	tests := []struct {
		name    string
		open    bool
		trusted media.StreamID
		now     media.StreamID // what the key opens at the recheck
		err     error
		want    error // what the publisher is told; nil: it stays
		fails   error
	}{
		{name: "the same key", now: "show"},
		{name: "another key", err: ingest.ErrUnauthorized, want: ingest.ErrKeyReplaced},
		{name: "a key of another stream", now: "other", want: ingest.ErrKeyReplaced},
		{name: "our own pull", trusted: "show", err: ingest.ErrUnauthorized},
		// Where anybody may publish, the key that was replaced is a stream's name.
		{name: "an open server", open: true, err: ingest.ErrUnauthorized, want: ingest.ErrKeyReplaced},
		{name: "no answer", err: failed, fails: failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := managerOf(&changing{asked: func(n int64) (media.StreamID, error) {
					if n <= 2 { // before the stream is claimed, and after
						return "show", nil
					}
					return tt.now, tt.err
				}}, tt.open)
				if tt.trusted != "" {
					m.auth = &changing{asked: func(int64) (media.StreamID, error) { return tt.now, tt.err }}
				}
				kicked := make(chan error, 1)
				sink, err := m.Open(t.Context(), ingest.Request{Key: "a-key", Trusted: tt.trusted, Kick: func(reason error) { kicked <- reason }})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Recheck(t.Context()); !errors.Is(err, tt.fails) {
					t.Errorf("Recheck: %v", err)
				}
				select {
				case reason := <-kicked:
					if !errors.Is(reason, tt.want) {
						t.Errorf("disconnected: %v", reason)
					}
				default:
					if tt.want != nil {
						t.Error("stays on air")
					}
				}
				sink.Close(nil)
			})
		})
	}
}

// A key that is replaced while its publisher comes in, after the key was looked up and
// before Recheck could find the publication, lets nobody in.
func TestKeyReplacedDuringOpen(t *testing.T) {
	auth := &changing{asked: func(n int64) (media.StreamID, error) {
		if n == 1 {
			return "show", nil
		}
		return "", ingest.ErrUnauthorized
	}}
	m := managerOf(auth, false)
	if _, err := m.Open(t.Context(), ingest.Request{Key: "a-key"}); !errors.Is(err, ingest.ErrKeyReplaced) {
		t.Fatalf("%v", err)
	}
	if s, ok := m.Stream("show"); ok && s.publisher() != nil {
		t.Error("the stream is occupied")
	}
}
