package child

import (
	"io"
	"sync"
	"time"
)

// watchdog bites when the program keeps us waiting for too long. Time in which we
// keep it waiting doesn't count.
type watchdog struct {
	bite func()

	mu      sync.Mutex
	timer   *time.Timer
	limit   time.Duration
	waiting int // feeds that wait for the program, and the end of all feeds
	stopped bool
}

// wait says that we wait for the program from now on.
func (w *watchdog) wait(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting++
	w.limit = limit
	if w.waiting == 1 {
		w.start()
	}
}

// served says that a wait is over.
func (w *watchdog) served() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
	if w.waiting > 0 {
		w.start() // it moves
	} else if w.timer != nil {
		w.timer.Stop()
	}
}

// rest waits for all that is still to come.
func (w *watchdog) rest(limit time.Duration) { w.wait(limit) }

// seen says that the program gave something.
func (w *watchdog) seen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting > 0 {
		w.start()
	}
}

// start starts the clock anew. The mutex is held.
func (w *watchdog) start() {
	if w.timer != nil {
		w.timer.Stop()
	}
	if !w.stopped {
		w.timer = time.AfterFunc(w.limit, w.bite)
	}
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// watched is an output of the program, and fed an input.
type watched struct {
	r    io.Reader
	seen func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.seen()
	}
	return n, err
}

type fed struct {
	w     io.Writer
	watch *watchdog
	stall time.Duration
}

func (f fed) Write(p []byte) (int, error) {
	f.watch.wait(f.stall)
	defer f.watch.served()
	return f.w.Write(p)
}
