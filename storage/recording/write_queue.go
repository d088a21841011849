package recording

import (
	"log/slog"
	"sync"
)

// maxQueued is how many writes may wait. When there are more, segments stay in memory
// only; what is small and must not be lost is queued all the same.
const maxQueued = 1024

// writeQueue holds writes and removals for the one goroutine that does them, for all
// streams: the media path never waits for a disk.
type writeQueue struct {
	dir     string // for the log
	log     *slog.Logger
	metrics *metrics
	failing bool // the last write failed, and has been logged; only the writing goroutine uses it

	mu      sync.Mutex
	waiting []job
	closed  bool
	wake    chan struct{} // there may be a job
}

// job is one write or removal.
type job struct {
	write bool
	run   func() error
}

func newWriteQueue(dir string, log *slog.Logger, m *metrics) *writeQueue {
	return &writeQueue{dir: dir, log: log, metrics: m, wake: make(chan struct{}, 1)}
}

// enqueue queues a job that is no write; false means that the library has stopped.
func (q *writeQueue) enqueue(run func() error) bool { return q.enqueueJob(job{run: run}) }

// enqueueWrite queues a write, whose failure tells that the disk fails.
func (q *writeQueue) enqueueWrite(run func() error) bool {
	return q.enqueueJob(job{write: true, run: run})
}

func (q *writeQueue) enqueueJob(j job) bool {
	q.mu.Lock()
	closed := q.closed
	if !closed {
		q.waiting = append(q.waiting, j)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return !closed
}

// isFull reports whether segments are left out.
func (q *writeQueue) isFull() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) >= maxQueued
}

// runJobs runs what is queued; after the last time nothing is taken any more.
func (q *writeQueue) runJobs(last bool) {
	for {
		q.mu.Lock()
		jobs := q.waiting
		q.waiting = nil
		if len(jobs) == 0 {
			q.closed = last
		}
		q.mu.Unlock()
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			q.runJob(j)
		}
	}
}

// runJob runs one job. A failing disk is logged when it begins and when it ends, not
// in between.
func (q *writeQueue) runJob(j job) {
	err := j.run()
	if !j.write {
		return // what can't be removed now is removed when its broadcast ends
	}
	switch {
	case err != nil && !q.failing:
		q.log.Error("segments can't be written to disk; streams go on from memory", "dir", q.dir, "err", err,
			"advice", "free space on the disk, make it writable, or name another directory with --data")
	case err == nil && q.failing:
		q.log.Info("segments are written to disk again")
	}
	if q.failing = err != nil; q.failing {
		q.metrics.failures.Inc()
		q.metrics.failing.Set(1)
	} else {
		q.metrics.failing.Set(0)
	}
}
