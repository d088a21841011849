package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

// Appender is what a Batcher writes to.
type Appender interface {
	Append(ctx context.Context, entries []Entry) error
}

// BatcherConfig bounds a Batcher; zero values get the defaults.
type BatcherConfig struct {
	Queue int           // entries that wait; more are dropped. 20,000, which is 10 to 20 MB
	Batch int           // entries in one write. 500
	Delay time.Duration // how long an entry may wait for others. 100 ms
	// Patience bounds the writing of what waits when Run is to end. 5 s
	Patience time.Duration
}

func (c BatcherConfig) withDefaults() BatcherConfig {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&c.Queue, 20_000)
	set(&c.Batch, 500)
	c.Batch = min(c.Batch, MaxEntries)
	if c.Delay <= 0 {
		c.Delay = 100 * time.Millisecond
	}
	if c.Patience <= 0 {
		c.Patience = 5 * time.Second
	}
	return c
}

// Batcher writes entries to a store behind the back of those who publish: Add never
// waits for the database. While that is locked or its disk is full, entries wait in
// memory; when the queue is full, new ones are dropped, counted and, once a minute,
// logged. So are those that can't be written for half an hour. Entries are written in
// the order of Add.
type Batcher struct {
	to      Appender
	cfg     BatcherConfig
	log     *slog.Logger
	metrics *batcherMetrics

	queue   chan queued
	flushes chan chan struct{}
	ended   chan struct{} // closed when Run has ended

	adding  sync.RWMutex // held while Add looks at stopped and puts into queue
	stopped bool
}

// queued is an entry that waits.
type queued struct {
	entry Entry
	since time.Time
}

// NewBatcher makes a Batcher, which writes while Run runs. What was added before waits.
func NewBatcher(to Appender, cfg BatcherConfig, log *slog.Logger) *Batcher {
	cfg = cfg.withDefaults()
	b := &Batcher{
		to: to, cfg: cfg, log: log,
		queue: make(chan queued, cfg.Queue), flushes: make(chan chan struct{}), ended: make(chan struct{}),
	}
	b.metrics = newBatcherMetrics(b)
	return b
}

// Add hands over an entry, which the caller must not change any more, and tells
// whether it will be written. It is dropped if the queue is full, Run has ended, or it
// is not valid; that is counted, and nothing that the caller could mend.
func (b *Batcher) Add(e Entry) bool {
	if err := e.Validate(); err != nil {
		b.metrics.drop(dropInvalid, 1)
		return false
	}
	b.adding.RLock()
	defer b.adding.RUnlock()
	if b.stopped {
		b.metrics.drop(dropStopped, 1)
		return false
	}
	select {
	case b.queue <- queued{e, time.Now()}:
		return true
	default:
		b.metrics.drop(dropFull, 1)
		return false
	}
}

// Flush waits until what was added before is written or given up. Erase and
// MarkUserDeleted are surer after it. It fails with the context's error.
func (b *Batcher) Flush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case b.flushes <- done:
	case <-b.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-b.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run writes until ctx ends, and then what still waits, for at most cfg.Patience. Run
// it once.
func (b *Batcher) Run(ctx context.Context) error {
	defer close(b.ended)
	w := &batchWriter{Batcher: b}
	for w.gather(ctx) {
		w.write(ctx)
	}
	b.adding.Lock()
	b.stopped = true
	b.adding.Unlock()
	w.finish(context.WithoutCancel(ctx))
	return nil
}

// batchWriter is the state of Run.
type batchWriter struct {
	*Batcher
	batch  []Entry
	since  time.Time // when the first of the batch was added
	logged time.Time // when trouble was logged last
	told   uint64    // drops that were logged
}

// gather fills the batch. It returns when the batch is full, or its first entry has
// waited long enough, and false when ctx has ended.
func (w *batchWriter) gather(ctx context.Context) bool {
	var timer <-chan time.Time
	for len(w.batch) < w.cfg.Batch && ctx.Err() == nil {
		select {
		case q := <-w.queue:
			w.take(q)
			if timer == nil {
				timer = time.After(w.cfg.Delay)
			}
		case <-timer:
			return true
		case done := <-w.flushes:
			if w.drain(ctx, len(w.queue)); ctx.Err() == nil {
				close(done)
			}
			return ctx.Err() == nil // else Run ends, and the waiter is told by that
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (w *batchWriter) take(q queued) {
	if len(w.batch) == 0 {
		w.since = q.since
	}
	w.batch = append(w.batch, q.entry)
}

// drain writes the batch and the next n of the queue, until ctx ends.
func (w *batchWriter) drain(ctx context.Context, n int) {
	for ; n > 0 && ctx.Err() == nil; n-- {
		if w.take(<-w.queue); len(w.batch) >= w.cfg.Batch {
			w.write(ctx)
		}
	}
	w.write(ctx)
}

// finish writes what waits, and gives up the rest when time is over.
func (w *batchWriter) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Patience)
	defer cancel()
	w.drain(ctx, len(w.queue))
	if lost := len(w.batch) + len(w.queue); lost > 0 {
		w.metrics.drop(dropUnwritten, lost)
		w.log.Error("chat: what was written last could not be kept", "lost", lost)
	}
}

const (
	// attemptTimeout bounds one write; SQLite waits 5 s for a lock.
	attemptTimeout = 15 * time.Second
	firstRetry     = 100 * time.Millisecond
	lastRetry      = 10 * time.Second
	logEvery       = time.Minute
	// giveUpAfter is well within the time that a store remembers deletions for.
	giveUpAfter = keepTombstones / 2
)

// write writes the batch, however often that needs to be tried, until ctx ends: then
// the batch stays as it is.
func (w *batchWriter) write(ctx context.Context) {
	backoff := retry.Backoff{First: firstRetry, Last: lastRetry}
	for len(w.batch) > 0 {
		if time.Since(w.since) > giveUpAfter {
			w.empty(dropOld)
			return
		}
		err := w.attempt(ctx)
		w.tell(err)
		switch {
		case err == nil:
			w.empty(kept)
			return
		case errors.Is(err, ErrInvalid): // which Add should have seen; it will not get better
			w.empty(dropInvalid)
			return
		}
		if !retry.Sleep(ctx, backoff.Next()) {
			return
		}
	}
}

// empty begins the next batch. The entries of this one were kept, or are dropped.
func (w *batchWriter) empty(reason int) {
	if reason != kept {
		w.metrics.drop(reason, len(w.batch))
	}
	clear(w.batch) // the entries hold texts
	w.batch = w.batch[:0]
}

// attempt is not torn off by the end of ctx, unless that is the deadline of finish.
func (w *batchWriter) attempt(ctx context.Context) error {
	deadline, bounded := ctx.Deadline()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	if bounded {
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	began := time.Now()
	err := w.to.Append(ctx, w.batch)
	w.metrics.attempt(time.Since(began), time.Since(w.since), len(w.batch), err)
	return err
}

// tell logs trouble once a minute.
func (w *batchWriter) tell(err error) {
	dropped := w.metrics.drops()
	if err == nil && dropped == w.told || time.Since(w.logged) < logEvery {
		return
	}
	w.log.Error("chat: messages are not being kept", "err", err, "waiting", len(w.batch)+len(w.queue), "dropped", dropped-w.told)
	w.logged, w.told = time.Now(), dropped
}
