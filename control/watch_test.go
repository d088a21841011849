package control

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// TestWatchTellsOfChanges has a second store on the same file stand for another process.
func TestWatchTellsOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, dir := open(t)
		there, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer there.Close()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		var calls atomic.Int32
		go func() { ended <- here.Watch(ctx, func() { calls.Add(1) }) }()
		told := func(want int32, of string) {
			t.Helper()
			time.Sleep(watchEvery)
			synctest.Wait()
			if got := calls.Swap(0); got != want {
				t.Errorf("%s: told %d times, want %d", of, got, want)
			}
		}
		told(1, "the start")
		time.Sleep(time.Hour)
		told(0, "nothing")
		if _, _, err := there.CreateStream(t.Context(), "vip", StreamSettings{Access: AccessToken}); err != nil {
			t.Fatal(err)
		}
		told(1, "another process's change")
		if _, err := there.Streams(t.Context()); err != nil {
			t.Fatal(err)
		}
		told(0, "reading")
		if err := here.DeleteStream(t.Context(), media.StreamID("vip")); err != nil {
			t.Fatal(err)
		}
		told(1, "this process's change")
		stop()
		if err := <-ended; err != nil {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestWatchFailsWithTheDatabase(t *testing.T) {
	s, _ := open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Watch(t.Context(), func() { t.Error("a closed database has changed") }); err == nil {
		t.Error("a closed database is watched")
	}
}
