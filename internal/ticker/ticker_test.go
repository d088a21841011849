package ticker

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const period = 200 * time.Millisecond

// own runs a ticker's owner until the test ends, and returns when it fired.
func own(t *testing.T, ticker *OnDemand, work func() bool) *[]time.Duration {
	var fired []time.Duration
	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				fired = append(fired, time.Since(start))
				ticker.Do(work)
			}
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return &fired
}

func TestFiresWhileThereIsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticker, left := New(period), 0
		fired := own(t, ticker, func() bool { left--; return left > 0 })
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(*fired) != 0 {
			t.Fatalf("fired %d times without work", len(*fired))
		}
		for range 2 { // it starts again after it has stopped
			left, *fired = 3, nil
			start := time.Now()
			for range 5 { // a ticker that runs is not put off
				ticker.Wake()
				time.Sleep(period / 10)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if len(*fired) != 3 {
				t.Fatalf("fired at %v for three rounds of work", *fired)
			}
			if took := (*fired)[2] - (*fired)[0]; took != 2*period {
				t.Errorf("three firings within %v", took)
			}
			if time.Since(start) < time.Hour {
				t.Fatal("the clock did not move")
			}
		}
	})
}

// TestNoWorkIsForgotten has goroutines bring work at the very moments at which the owner
// looks for the last time.
func TestNoWorkIsForgotten(t *testing.T) {
	ticker := New(time.Microsecond)
	const pieces = 20_000
	var pending, done atomic.Int64
	finished := make(chan struct{})
	var once sync.Once
	own(t, ticker, func() bool {
		if done.Add(pending.Swap(0)) == 4*pieces {
			once.Do(func() { close(finished) })
		}
		return false
	})
	var bringing sync.WaitGroup
	for range 4 {
		bringing.Go(func() {
			for range pieces {
				pending.Add(1)
				ticker.Wake()
			}
		})
	}
	bringing.Wait()
	select {
	case <-finished:
	case <-time.After(time.Minute):
		t.Errorf("%d of %d pieces of work were done", done.Load(), 4*pieces)
	}
}

func BenchmarkWakeAwake(b *testing.B) {
	ticker := New(time.Hour)
	defer ticker.Stop()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ticker.Wake()
		}
	})
}
