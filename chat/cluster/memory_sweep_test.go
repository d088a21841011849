package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/centrifugal/centrifuge"
)

// TestMemoryTimerStops serves the timer until it does not run any more.
func TestMemoryTimerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t}
		own := ownBroker(t, b.handle, false)
		b.Broker = own
		m := own.memory
		begun := time.Now()
		b.publish("react", "hearts", withoutHistory)
		if len(m.streams) != 0 || !m.due.IsZero() {
			t.Errorf("a channel without history left %d streams, and a timer that is due %v", len(m.streams), m.due)
		}
		b.publish("a", "1", withKey("k"))
		b.publish("b", "1")
		b.history("c", everything)
		var swept []time.Duration
		for !m.due.IsZero() {
			<-m.timer.C
			m.sweep()
			swept = append(swept, time.Since(begun))
			if a := m.streams["a"]; a != nil && (a.results != nil || a.keys != nil) {
				t.Errorf("after %v the key is there", swept)
			}
		}
		if got, want := fmt.Sprint(swept), "[6m0s 11m0s 21m0s]"; got != want { // keys, history, positions
			t.Errorf("swept after %s, want %s", got, want)
		}
		if len(m.streams) != 0 {
			t.Errorf("%d streams are left", len(m.streams))
		}
		if m.timer.Stop() {
			t.Error("the timer runs")
		}
	})
}

// TestMemorySweepsAreFarApart has something expire each second.
func TestMemorySweepsAreFarApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := ownBroker(t, func(string, *centrifuge.Publication, centrifuge.StreamPosition) error { return nil }, false)
		m := own.memory
		ctx, cancel := context.WithCancel(t.Context())
		var publishing sync.WaitGroup
		publishing.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				opts := centrifuge.PublishOptions{IdempotencyKey: fmt.Sprint(i), IdempotentResultTTL: 2 * time.Second}
				if _, err := own.Publish(fmt.Sprint("channel", i%5), nil, opts); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		})
		last := time.Now()
		for range 10 {
			now := <-m.timer.C
			if now.Sub(last) < sweepSlack {
				t.Errorf("swept after %v", now.Sub(last))
			}
			last = now
			m.sweep()
			m.mu.Lock()
			if len(m.streams) > 3 {
				t.Errorf("%d streams are left", len(m.streams))
			}
			m.mu.Unlock()
		}
		cancel()
		publishing.Wait()
	})
}

// TestMemoryIsFreed has Run serve the timer.
func TestMemoryIsFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t}
		own := ownBroker(t, b.handle, true)
		b.Broker = own
		b.publish("a", "1", withKey("k"))
		time.Sleep(testMeta + 2*sweepSlack)
		synctest.Wait()
		if n := len(own.memory.streams); n != 0 {
			t.Errorf("%d streams are left", n)
		}
	})
}
