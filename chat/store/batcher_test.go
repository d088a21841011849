package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// book is an Appender that can be out of order.
type book struct {
	mu      sync.Mutex
	batches [][]Entry
	err     error         // of every Append, until it is changed
	took    time.Duration // by every Append
}

func (b *book) Append(ctx context.Context, entries []Entry) error {
	b.mu.Lock()
	err, took := b.err, b.took
	b.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches = append(b.batches, append([]Entry{}, entries...))
	return nil
}

func (b *book) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// sizes are those of the batches so far.
func (b *book) sizes() (sizes []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, batch := range b.batches {
		sizes = append(sizes, len(batch))
	}
	return sizes
}

func (b *book) total() (n int) {
	for _, size := range b.sizes() {
		n += size
	}
	return n
}

// run runs a Batcher in a bubble; stop ends it and waits.
func run(t *testing.T, to Appender, cfg BatcherConfig, log io.Writer) (b *Batcher, stop func()) {
	t.Helper()
	b = NewBatcher(to, cfg, slog.New(slog.NewTextHandler(log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	return b, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func add(b *Batcher, from, count int) (taken int) {
	for _, e := range entries("show", "mina", from, count) {
		if b.Add(e) {
			taken++
		}
	}
	return taken
}

func equal(a []int, b ...int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		add(b, 0, 3)
		time.Sleep(99 * time.Millisecond)
		if got := to.sizes(); got != nil {
			t.Errorf("%v before the delay", got)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if got := to.sizes(); !equal(got, 3) {
			t.Errorf("%v after the delay", got)
		}
		add(b, 3, 1200) // full batches don't wait
		synctest.Wait()
		if got := to.sizes(); !equal(got, 3, 500, 500) {
			t.Errorf("%v", got)
		}
		stop() // writes what waits
		if got := to.sizes(); !equal(got, 3, 500, 500, 200) {
			t.Errorf("%v", got)
		}
		n := 0
		for _, batch := range to.batches {
			for _, e := range batch {
				if want := entries("show", "mina", n, 1)[0].Message.ID; e.Message.ID != want {
					t.Fatalf("%s; want %s", e.Message.ID, want)
				}
				n++
			}
		}
		if add(b, 0, 1) != 0 {
			t.Error("taken after the end")
		}
		metrics(t, b, map[string]string{
			"lightstick_chat_store_written_total": "1203", `lightstick_chat_store_dropped_total{reason="stopped"}`: "1",
			"lightstick_chat_store_queued": "0", "lightstick_chat_store_wait_seconds_count": "4",
		})
	})
}

// metrics fails unless the Batcher says so.
func metrics(t *testing.T, b *Batcher, want map[string]string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	text := answer.Body.String()
	for name, value := range want {
		if !strings.Contains(text, name+" "+value+"\n") {
			t.Errorf("%s is not %s:\n%s", name, value, text)
		}
	}
}

// TestNeverBlocks: a database that hangs or fails costs entries, and a line a minute.
func TestNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{err: ErrUnavailable}
		var log bytes.Buffer
		b, stop := run(t, to, BatcherConfig{Queue: 1000}, &log)
		synctest.Wait()
		began := time.Now()
		taken := 0
		for n := range 300 { // five minutes
			taken += add(b, 100*n, 100)
			time.Sleep(time.Second)
		}
		if waited := time.Since(began) - 300*time.Second; waited != 0 {
			t.Errorf("the publisher waited %v", waited)
		}
		if taken != 1100 { // the queue, and the batch that is being tried
			t.Errorf("%d were taken", taken)
		}
		to.fail(nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		if got := to.total(); got != taken {
			t.Errorf("%d were written of %d", got, taken)
		}
		stop()
		if lines := strings.Count(log.String(), "\n"); lines < 4 || lines > 6 {
			t.Errorf("%d lines:\n%s", lines, log.String())
		}
		metrics(t, b, map[string]string{
			"lightstick_chat_store_written_total": "1100", `lightstick_chat_store_dropped_total{reason="full"}`: "28900",
		})
	})
}

// TestRetries: waits grow to ten seconds, and no further.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{err: errors.New("of any kind")}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		defer stop()
		add(b, 0, 1)
		time.Sleep(10 * time.Minute)
		failures := b.metrics.failures.Load()
		if failures < 60 || failures > 140 {
			t.Errorf("tried %d times in ten minutes", failures)
		}
		to.fail(nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		if to.total() != 1 {
			t.Error("not written in the end")
		}
	})
}

// TestGivesUp: what the store no longer remembers the deletion of must not be written.
func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{err: ErrUnavailable}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		add(b, 0, 10)
		time.Sleep(keepTombstones)
		to.fail(nil)
		add(b, 10, 5)
		stop()
		if got := to.sizes(); !equal(got, 5) {
			t.Error(got)
		}
		metrics(t, b, map[string]string{`lightstick_chat_store_dropped_total{reason="old"}`: "10"})
	})
}

func TestStopsInTime(t *testing.T) {
	tests := []struct {
		name    string
		to      *book
		written int
		most    time.Duration
	}{
		{"well", &book{}, 1700, 0},
		{"slow", &book{took: 2 * time.Second}, 1000, 7 * time.Second}, // one was being written when it was to end
		{"hangs", &book{took: time.Hour}, 0, 20 * time.Second},        // attemptTimeout and Patience
		{"fails", &book{err: ErrUnavailable}, 0, 6 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				b, stop := run(t, tt.to, BatcherConfig{}, &log)
				add(b, 0, 1700)
				synctest.Wait()
				began := time.Now()
				stop()
				if took := time.Since(began); took > tt.most {
					t.Errorf("took %v", took)
				}
				got := tt.to.total()
				if got < tt.written || b.metrics.dropped[dropUnwritten].Load() != uint64(1700-got) {
					t.Errorf("%d written, %d dropped", got, b.metrics.dropped[dropUnwritten].Load())
				}
				if lost := got < 1700; lost != strings.Contains(log.String(), "could not be kept") {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{took: time.Millisecond}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		add(b, 0, 1203)
		if err := b.Flush(t.Context()); err != nil || to.total() != 1203 {
			t.Errorf("%v, %v", err, to.sizes())
		}
		if err := b.Flush(t.Context()); err != nil { // nothing waits
			t.Error(err)
		}
		to.fail(ErrUnavailable)
		add(b, 2000, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		waits := make(chan error)
		go func() { waits <- b.Flush(context.Background()) }()
		synctest.Wait()
		stop()
		if err := <-waits; err != nil {
			t.Error(err)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestInvalidEntriesHarmNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &book{}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		bad := entries("show", "mina", 1, 1)[0]
		bad.Message.Text = "\xff"
		add(b, 0, 1)
		if b.Add(bad) {
			t.Error("taken")
		}
		add(b, 2, 1)
		stop()
		if got := to.sizes(); !equal(got, 2) {
			t.Error(got)
		}
		metrics(t, b, map[string]string{`lightstick_chat_store_dropped_total{reason="invalid"}`: "1"})
	})
	synctest.Test(t, func(t *testing.T) { // what only the store finds out does not stop the rest
		to := &book{err: ErrInvalid}
		b, stop := run(t, to, BatcherConfig{}, io.Discard)
		add(b, 0, 2)
		time.Sleep(time.Second)
		to.fail(nil)
		add(b, 2, 3)
		stop()
		if got := to.sizes(); !equal(got, 3) {
			t.Error(got)
		}
	})
}

// TestBatcherWithSQLite: many publishers, one database, nothing lost.
func TestBatcherWithSQLite(t *testing.T) {
	s := openFile(t, t.TempDir())
	b, stop := run(t, s, BatcherConfig{Delay: time.Millisecond}, io.Discard)
	var publishers sync.WaitGroup
	for p := range 4 {
		publishers.Go(func() { add(b, 300*p, 300) })
	}
	publishers.Wait()
	stop()
	var n int
	if err := s.reader.QueryRow("SELECT count(*) FROM entries").Scan(&n); err != nil || n != 1200 {
		t.Errorf("%d, %v", n, err)
	}
}

// pruner counts.
type pruner struct {
	Upkeep
	mu     sync.Mutex
	before []time.Time
	left   int
	err    error
}

func (p *pruner) Prune(_ context.Context, before time.Time, limit int) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = append(p.before, before)
	n := min(limit, p.left)
	p.left -= n
	return n, p.err
}

func TestKeeper(t *testing.T) {
	tests := []struct {
		name      string
		retention time.Duration
		upkeep    *pruner
		calls     int // within 2.5 hours
		log       string
	}{
		{"for ever", 0, &pruner{left: 5}, 0, ""},
		{"nothing to do", time.Hour, &pruner{}, 3, ""},
		{"much to do", time.Hour, &pruner{left: 3*pruneAtOnce - 1}, 5, "deleted=149999"},
		{"fails", time.Hour, &pruner{err: ErrUnavailable}, 3, "could not be deleted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				k := &Keeper{Store: tt.upkeep, Retention: tt.retention, Log: slog.New(slog.NewTextHandler(&log, nil))}
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
				defer cancel()
				began := time.Now()
				if err := k.Run(ctx); err != nil {
					t.Error(err)
				}
				if got := len(tt.upkeep.before); got != tt.calls || !strings.Contains(log.String(), tt.log) || (tt.log == "") != (log.Len() == 0) {
					t.Errorf("%d calls, log %q", got, log.String())
				}
				if len(tt.upkeep.before) > 0 && !tt.upkeep.before[0].Equal(began.Add(-tt.retention)) {
					t.Error(tt.upkeep.before[0])
				}
			})
		})
	}
}
