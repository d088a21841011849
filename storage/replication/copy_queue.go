package replication

import (
	"io"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// copyTask is one thing to copy and, when it is there, to list.
type copyTask struct {
	key   string
	kind  media.Kind
	open  func() (io.ReadSeekCloser, error) // nil: there is nothing to copy
	size  int64                             // 0: not a segment
	since time.Time
	apply func(copied bool)
	// Of segments only.
	rendition string
	msn       int64
	inFlight  bool // it is being copied; the queue's lock is held
}

// copyQueue holds what a writer has to copy, in order. The segments that wait are bounded in
// bytes: the oldest are given up.
type copyQueue struct {
	spill   int64
	metrics *metrics
	wake    chan struct{} // there may be something new

	mu            sync.Mutex
	tasks         []*copyTask
	waiting       int64 // bytes of the segments in tasks
	nextUnhandled map[string]int64
	lost          map[string]map[int64]bool // segments given up, by rendition
	ending        *ending                   // nil: more may come
	closed        bool
}

// ending is what follows when all has been copied.
type ending struct {
	files []string
	done  func()
}

func newCopyQueue(spill int64, m *metrics) *copyQueue {
	return &copyQueue{
		spill: spill, metrics: m, wake: make(chan struct{}, 1),
		nextUnhandled: make(map[string]int64), lost: make(map[string]map[int64]bool),
	}
}

// add queues a task, and gives up the oldest when too much waits.
func (q *copyQueue) add(t *copyTask) {
	t.since = time.Now()
	q.mu.Lock()
	if !q.closed && q.ending == nil {
		q.tasks = append(q.tasks, t)
		q.addWaiting(t.size)
		if q.waiting > q.spill {
			q.giveUpOldest()
		}
	}
	q.mu.Unlock()
	notify(q.wake)
}

// giveUpOldest gives up the oldest segments until a tenth of the room is free. The mirror
// lists gaps where numbers are missing. The lock is held, as in the next two.
func (q *copyQueue) giveUpOldest() {
	kept := q.tasks[:0:0]
	for _, t := range q.tasks {
		if t.size == 0 || t.inFlight || q.waiting <= q.spill*9/10 {
			kept = append(kept, t)
			continue
		}
		q.addWaiting(-t.size)
		q.giveUp(t)
		q.nextUnhandled[t.rendition] = max(q.nextUnhandled[t.rendition], t.msn+1)
	}
	q.tasks = kept
}

// addWaiting counts the bytes that wait.
func (q *copyQueue) addWaiting(bytes int64) {
	q.waiting += bytes
	q.metrics.waiting.Add(float64(bytes))
}

// giveUp notes that a segment will never be there.
func (q *copyQueue) giveUp(t *copyTask) {
	q.metrics.lost.Inc()
	if q.lost[t.rendition] == nil {
		q.lost[t.rendition] = make(map[int64]bool)
	}
	q.lost[t.rendition][t.msn] = true
}

func (q *copyQueue) isLost(rendition string, msn int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost[rendition][msn]
}

// next is the number after the newest segment of a rendition that needs no copying any more.
func (q *copyQueue) next(rendition string) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.nextUnhandled[rendition]
}

// markHandled says that a segment needs no copying any more.
func (q *copyQueue) markHandled(rendition string, msn int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.nextUnhandled[rendition] = max(q.nextUnhandled[rendition], msn+1)
}

// end says that nothing more comes.
func (q *copyQueue) end(e ending) {
	q.mu.Lock()
	q.ending = &e
	q.mu.Unlock()
	notify(q.wake)
}

// close gives up what has not been copied.
func (q *copyQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.addWaiting(-q.waiting)
	q.tasks = nil
	q.mu.Unlock()
	notify(q.wake)
}

func (q *copyQueue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// outcome is what follows when all has been copied; false: nothing, as the broadcast goes on
// or was given up.
func (q *copyQueue) outcome() (e ending, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending == nil || q.closed {
		return ending{}, false
	}
	return *q.ending, true
}

// keys are those of what waits.
func (q *copyQueue) keys() (keys []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tasks {
		keys = append(keys, t.key)
	}
	return keys
}

// maxBatch is how many segments are copied before the playlists are written anew.
const maxBatch = 32

// takeBatch gives the first tasks, which stay in the queue until finishBatch. over means
// that there will be none.
func (q *copyQueue) takeBatch() (batch []*copyTask, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.tasks), maxBatch)
	batch = q.tasks[:n:n]
	for _, t := range batch {
		t.inFlight = true
	}
	return batch, q.closed || (n == 0 && q.ending != nil)
}

// finishBatch takes the tasks of a batch out of the queue. copied says which of them are
// there; the other segments are given up. false: the queue was closed meanwhile.
func (q *copyQueue) finishBatch(batch []*copyTask, copied []bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.tasks = q.tasks[len(batch):]
	for i, t := range batch {
		if t.size > 0 {
			q.addWaiting(-t.size)
			if !copied[i] {
				q.giveUp(t)
			}
		}
	}
	return true
}

func (q *copyQueue) isEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}
