package recording

import (
	"context"
	"sync"
)

// worker runs what takes long beside the writing: it makes recordings and MP4s.
type worker struct {
	tasks sync.WaitGroup
	turn  chan struct{} // holds one: of the tasks without slots of their own one runs

	ctx    context.Context // of all tasks
	cancel context.CancelFunc
}

func newWorker() *worker {
	w := &worker{turn: make(chan struct{}, 1)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// start runs f when no other such task runs, unless the library stops before.
func (w *worker) start(f func(context.Context)) { w.startIn(w.turn, f) }

// startIn runs f when there is room in slots, unless the library stops before.
func (w *worker) startIn(slots chan struct{}, f func(context.Context)) {
	w.tasks.Go(func() {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			f(w.ctx)
		case <-w.ctx.Done():
		}
	})
}

// stop cancels the tasks and waits for them.
func (w *worker) stop() {
	w.cancel()
	w.tasks.Wait()
}
