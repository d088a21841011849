package replication

import "sync"

// task is something to do beside the writers: files to copy, or objects to delete.
type task struct {
	id             string // of the broadcast or recording
	files          []string
	keys, prefixes []string
	done           func()
}

// taskQueue holds tasks that are done one after the other, in order.
type taskQueue struct {
	mu      sync.Mutex
	waiting []task
	wake    chan struct{} // there may be a new one
}

func newTaskQueue() *taskQueue { return &taskQueue{wake: make(chan struct{}, 1)} }

// maxKeys is how many single deletions become one.
const maxKeys = 1000

func (q *taskQueue) add(t task) {
	q.mu.Lock()
	// Deletions of one segment each become one request.
	if n := len(q.waiting); n > 0 && t.done == nil && q.waiting[n-1].done == nil && len(q.waiting[n-1].keys) < maxKeys {
		q.waiting[n-1].keys = append(q.waiting[n-1].keys, t.keys...)
	} else {
		q.waiting = append(q.waiting, t)
	}
	q.mu.Unlock()
	notify(q.wake)
}

// notify wakes the goroutine that waits for work.
func notify(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// next takes the first task.
func (q *taskQueue) next() (t task, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return task{}, false
	}
	t, q.waiting = q.waiting[0], q.waiting[1:]
	return t, true
}

// runTasks does tasks until the replica stops.
func (b *BucketReplica) runTasks(q *taskQueue, run func(task) bool) {
	if !b.ready() {
		return
	}
	for {
		t, ok := q.next()
		if !ok {
			if !b.sender.waitFor(q.wake) {
				return
			}
			continue
		}
		if !run(t) {
			return
		}
		if t.done != nil {
			t.done()
		}
	}
}
