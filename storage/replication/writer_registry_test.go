package replication

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/globalfandom/lightstick/media"
)

// One at a time writes or deletes a stream's playlists; other streams don't wait, nor does
// one whose context has ended.
func TestTurnsAreByStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newWriterRegistry()
		wait := func(stream media.StreamID) func() {
			done, err := r.waitTurn(t.Context(), stream)
			if err != nil {
				t.Errorf("%s: %v", stream, err)
			}
			return done
		}
		first, other := wait("show"), wait("other")
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.waitTurn(cancelled, "show"); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		var second func()
		go func() { second = wait("show") }()
		synctest.Wait()
		if second != nil {
			t.Error("two have a stream's turn")
		}
		first()
		synctest.Wait()
		if second == nil {
			t.Fatal("the turn was not passed on")
		}
		second()
		other()
		if len(r.turns) > 0 {
			t.Errorf("%d turns are left", len(r.turns))
		}
	})
}
