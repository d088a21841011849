package origin

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestTraffic(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	sent := 0
	for _, path := range []string{"/live/show/index.m3u8", "/live/show/audio.m3u8", "/live/show/p/audio/0.m4s", "/live/show/status.json"} {
		sent += s.get(path).Body.Len()
	}
	s.get("/live/show/none.m3u8")
	s.get("/live/none/index.m3u8")
	s.get("/live/none/x/y/z")
	s.do(t.Context(), "OPTIONS", "/live/show/index.m3u8")
	got := s.handler.(*Server).Traffic()
	want := Traffic{Requests: 4, Bytes: int64(sent), WatchedMS: s.stream.TargetDuration().Milliseconds()}
	if len(got) != 1 || got["show"] != want {
		t.Errorf("%+v, want %+v of the show alone", got, want)
	}
}

// A stream that has gone is counted until nobody has asked for it in a while; one that
// comes back begins anew.
func TestTrafficOfStreamsThatHaveGone(t *testing.T) {
	now := time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC)
	var tr traffic
	live := map[media.StreamID]bool{"live": true}
	look := func(after time.Duration) string {
		now = now.Add(after)
		tr.dropOld(now, func(id media.StreamID) bool { return !live[id] })
		return fmt.Sprint(slices.Sorted(maps.Keys(*tr.streams.Load())))
	}
	for _, id := range []media.StreamID{"live", "gone", "recorded", overflow} {
		tr.of(id).requests.Add(5)
	}
	steps := []struct {
		name  string
		do    func()
		after time.Duration
		want  string
	}{
		{"at first", func() {}, 0, "[gone live other recorded]"},
		{"a recording is watched", func() { tr.of("recorded").requests.Add(1) }, trafficKept - time.Second, "[gone live other recorded]"},
		{"nobody asks for one", func() {}, time.Second, "[live other recorded]"},
		{"nor for the other", func() {}, trafficKept, "[live other]"},
		{"it comes back", func() { tr.of("gone").requests.Add(1) }, 0, "[gone live other]"},
	}
	for _, step := range steps {
		step.do()
		if got := look(step.after); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
	if n := tr.of("gone").requests.Load(); n != 1 {
		t.Errorf("it begins at %d", n-1)
	}
}

// Streams are added while others are counted, and their number is bounded.
func TestTrafficIsBounded(t *testing.T) {
	var tr traffic
	var wg sync.WaitGroup
	const workers = 4
	for range workers {
		wg.Go(func() {
			for i := range 300 {
				tr.of(media.StreamID(fmt.Sprint(i))).requests.Add(1)
			}
		})
	}
	wg.Wait()
	if n := len(*tr.streams.Load()); n != 300 {
		t.Errorf("%d streams are counted", n)
	}
	for id, c := range *tr.streams.Load() {
		if c.requests.Load() != workers {
			t.Fatalf("%s was counted %d times", id, c.requests.Load())
		}
	}
	many := make(map[media.StreamID]*counters)
	for i := range maxCounted {
		many[media.StreamID(fmt.Sprint(i))] = new(counters)
	}
	tr.streams.Store(&many)
	tr.of("new").requests.Add(1)
	tr.of("newer").requests.Add(1)
	if m := *tr.streams.Load(); len(m) != maxCounted+1 || m[overflow].requests.Load() != 2 {
		t.Errorf("%d streams", len(m))
	}
}
