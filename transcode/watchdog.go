package transcode

import (
	"sync"
	"time"
)

// watchdogs are one for each rung: an FFmpeg that gives frames of one rung may hang in
// another.
type watchdogs []*watchdog

func (all watchdogs) frameIn() {
	for _, w := range all {
		w.frameIn()
	}
}

func (all watchdogs) stop() {
	for _, w := range all {
		w.stop()
	}
}

// watchdog notices when frames go in for a while and none comes out.
type watchdog struct {
	limit time.Duration
	bite  func()

	mu    sync.Mutex
	timer *time.Timer
}

func newWatchdog(limit time.Duration, bite func()) *watchdog {
	return &watchdog{limit: limit, bite: bite}
}

// frameIn starts the clock, unless it is running.
func (w *watchdog) frameIn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(w.limit, w.bite)
	}
}

// frameOut stops it until the next frame in.
func (w *watchdog) frameOut() { w.stop() }

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}
