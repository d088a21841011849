package child

import (
	"io"
	"sync"
	"time"
)

// watchdog bites when the program keeps us waiting for too long. Time in which we
// keep it waiting doesn't count: as long as one feed looks for its next bytes, the
// program may need just those, and others that wait for it wait for us.
type watchdog struct {
	bite  func()
	stall time.Duration        // while it is fed
	rest  func() time.Duration // after that

	mu      sync.Mutex
	timer   *time.Timer
	open    int // feeds that haven't ended
	waiting int // those that wait for the program to take what they have
	stopped bool
}

// move notes that something has changed, and starts the clock anew if it is for the
// program to move next.
func (w *watchdog) move(open, waiting int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open += open
	w.waiting += waiting
	if w.timer != nil {
		w.timer.Stop()
	}
	switch {
	case w.stopped:
	case w.open == 0:
		w.timer = time.AfterFunc(w.rest(), w.bite)
	case w.waiting == w.open:
		w.timer = time.AfterFunc(w.stall, w.bite)
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
	r     io.Reader
	watch *watchdog
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.watch.move(0, 0)
	}
	return n, err
}

type fed struct {
	w     io.Writer
	watch *watchdog
}

func (f fed) Write(p []byte) (int, error) {
	f.watch.move(0, 1)
	defer f.watch.move(0, -1)
	return f.w.Write(p)
}
