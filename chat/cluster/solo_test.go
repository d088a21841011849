package cluster

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// TestSoloStartsNothing looks for the goroutines by which centrifuge's brokers wake the
// process each second.
func TestSoloStartsNothing(t *testing.T) {
	brokers := []string{"centrifuge.(*MemoryBroker)", "centrifuge.(*historyHub)", "centrifuge.(*MemoryMapBroker)"}
	running := func() (n int) {
		stacks := make([]byte, 4<<20)
		text := string(stacks[:runtime.Stack(stacks, true)])
		for _, name := range brokers {
			n += strings.Count(text, "created by github.com/centrifugal/"+name)
		}
		return n
	}
	for begun := time.Now(); running() > 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("brokers of earlier tests still run")
		}
	}
	node := memoryNode(t)
	if _, err := Open(node, nil, Handlers{}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := node.Run(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Shutdown(t.Context()) }()
	if _, err := node.Publish("chat:show", []byte("{}"), centrifuge.WithHistory(reconcile.HistorySize, reconcile.HistoryTime), centrifuge.WithIdempotencyKey("k")); err != nil {
		t.Fatal(err)
	}
	if result, err := node.History("chat:show", centrifuge.WithHistoryFilter(everything)); err != nil || len(result.Publications) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	if n := running(); n != 0 {
		t.Errorf("%d goroutines of centrifuge's brokers run", n)
	}
}

// TestMemoryKeepsOrder has many publish, read and sweep at once, in channels that are
// forgotten all the time.
func TestMemoryKeepsOrder(t *testing.T) {
	const channels, publishers, each = 3, 8, 500
	type seen struct {
		inside atomic.Int32
		last   centrifuge.StreamPosition
	}
	var all [channels]seen
	var count atomic.Int32
	own := ownBroker(t, func(channel string, p *centrifuge.Publication, position centrifuge.StreamPosition) error {
		s := &all[p.Data[0]]
		if s.inside.Add(1) != 1 {
			t.Error("two publications of a channel at once")
		}
		runtime.Gosched()
		if position.Offset != 1 && position != (centrifuge.StreamPosition{Offset: s.last.Offset + 1, Epoch: s.last.Epoch}) {
			t.Errorf("%v came after %v", position, s.last)
		}
		s.last = position
		count.Add(1)
		s.inside.Add(-1)
		return nil
	}, false)
	done := make(chan struct{})
	var publishing, reading sync.WaitGroup
	for i := range publishers {
		publishing.Go(func() {
			for n := range each {
				opts := centrifuge.PublishOptions{HistorySize: 5, HistoryTTL: time.Hour, IdempotencyKey: fmt.Sprint(i, n)}
				if n%4 == 0 {
					opts.HistoryMetaTTL, opts.IdempotentResultTTL = time.Microsecond, time.Microsecond
				}
				data := byte((i + n) % channels)
				if _, err := own.Publish(fmt.Sprint("channel", data), []byte{data}, opts); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for channel := range channels {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				pubs, position, _ := own.History(fmt.Sprint("channel", channel), centrifuge.HistoryOptions{Filter: everything})
				for i, p := range pubs {
					if want := position.Offset + 1 - uint64(len(pubs)-i); p.Offset != want {
						t.Errorf("%d stands at %d", p.Offset, want)
					}
				}
				own.memory.sweep()
				runtime.Gosched()
			}
		})
	}
	publishing.Wait()
	close(done)
	reading.Wait()
	if n := count.Load(); n != publishers*each {
		t.Errorf("%d of %d publications were handed over", n, publishers*each)
	}
}

// TestMemoryPublishesAKeyOnce has many publish the same.
func TestMemoryPublishesAKeyOnce(t *testing.T) {
	for name, open := range memoryBrokers {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int32
			b := open(t, func(string, *centrifuge.Publication, centrifuge.StreamPosition) error { count.Add(1); return nil })
			var publishing sync.WaitGroup
			for range 8 {
				publishing.Go(func() {
					for n := range 100 {
						opts := centrifuge.PublishOptions{HistorySize: 5, HistoryTTL: time.Hour, IdempotencyKey: fmt.Sprint(n)}
						if r, err := b.Publish("a", nil, opts); err != nil || r.Offset != uint64(n+1) {
							t.Errorf("%d: %+v, %v", n, r, err)
						}
					}
				})
			}
			publishing.Wait()
			if n := count.Load(); n != 100 {
				t.Errorf("%d publications of 100 keys", n)
			}
		})
	}
}

// TestMemoryReadsWhilePublishing reads while a publication is handed over: a room's
// fan-out must not keep clients from recovering.
func TestMemoryReadsWhilePublishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		own := ownBroker(t, func(string, *centrifuge.Publication, centrifuge.StreamPosition) error {
			close(entered)
			<-leave
			return nil
		}, false)
		var publishing sync.WaitGroup
		publishing.Go(func() {
			_, _ = own.Publish("a", []byte("1"), centrifuge.PublishOptions{HistorySize: 1, HistoryTTL: time.Hour})
		})
		<-entered
		if pubs, _, _ := own.History("a", centrifuge.HistoryOptions{Filter: everything}); len(pubs) != 1 {
			t.Errorf("%d publications", len(pubs))
		}
		close(leave)
		publishing.Wait()
	})
}

func BenchmarkMemoryPublish(b *testing.B) {
	ignore := func(string, *centrifuge.Publication, centrifuge.StreamPosition) error { return nil }
	data := []byte(`{"text":"hello"}`)
	options := map[string]centrifuge.PublishOptions{
		"history": {HistorySize: reconcile.HistorySize, HistoryTTL: reconcile.HistoryTime}, "no history": {},
	}
	for name, opts := range options {
		for _, broker := range []string{"library", "own"} {
			b.Run(name+"/"+broker, func(b *testing.B) {
				broker := memoryBrokers[broker](b, ignore)
				var last atomic.Int64
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					channel := fmt.Sprint("chat:", last.Add(1))
					for pb.Next() {
						if _, err := broker.Publish(channel, data, opts); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
