package cost

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What the origin sends is counted once, also of streams that it forgets and that come
// back, and what it sent last is counted at the end.
func TestOriginReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := newMemory()
		meter := newTestMeter(t, journal)
		steps := []map[string]Served{
			{"a": {Requests: 1, Bytes: 100, Watched: time.Second}},
			{"a": {Requests: 3, Bytes: 300, Watched: 2 * time.Second}, "b": {Requests: 1, Bytes: 1}},
			{"a": {Requests: 3, Bytes: 300, Watched: 2 * time.Second}},                               // b is forgotten
			{"a": {Requests: 3, Bytes: 300, Watched: 2 * time.Second}, "b": {Requests: 1, Bytes: 5}}, // and comes back
		}
		reads := 0
		o := &OriginReader{Meter: meter, Served: func() map[string]Served {
			step := steps[min(reads, len(steps)-1)]
			reads++
			return step
		}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx) }()
		time.Sleep(2*readEvery + readEvery/2)
		stop()
		if err := <-ended; err != nil || reads != 3 {
			t.Errorf("%d reads, %v", reads, err)
		}
		o.read(time.Now())
		got := make(map[string]int64)
		meter.mu.Lock()
		defer meter.mu.Unlock()
		for _, b := range meter.hours {
			for key, use := range b {
				got[key.Stream] += use.Bytes
			}
		}
		if got["a"] != 300 || got["b"] != 6 {
			t.Errorf("%v", got)
		}
	})
}
