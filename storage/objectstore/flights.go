package objectstore

import (
	"context"
	"sync"
)

// flights lets requests for the same key share one fetch. A request that is cancelled
// doesn't fail the others; when all are cancelled the fetch is, which
// x/sync/singleflight can't do: abandoned requests for random keys would go on costing
// the bucket.
type flights[T any] struct {
	mu    sync.Mutex
	byKey map[string]*flight[T]
	wg    sync.WaitGroup
}

type flight[T any] struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // under flights.mu
	value   T   // after done
	err     error
}

// fetchOnce returns what fetch does, or the error of ctx. fetch runs within life.
func (g *flights[T]) fetchOnce(ctx, life context.Context, key string, fetch func(context.Context) (T, error)) (T, error) {
	f := g.join(life, key, fetch)
	defer g.leave(key, f)
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (g *flights[T]) join(life context.Context, key string, fetch func(context.Context) (T, error)) *flight[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.byKey[key]
	if f == nil {
		ctx, cancel := context.WithCancel(life)
		f = &flight[T]{done: make(chan struct{}), cancel: cancel}
		if g.byKey == nil {
			g.byKey = map[string]*flight[T]{}
		}
		g.byKey[key] = f
		g.wg.Go(func() {
			f.value, f.err = fetch(ctx)
			g.remove(key, f)
			close(f.done)
		})
	}
	f.waiting++
	return f
}

// leave cancels the fetch with its last waiter. Who comes then begins another.
func (g *flights[T]) leave(key string, f *flight[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if g.byKey[key] == f {
		delete(g.byKey, key)
	}
}

func (g *flights[T]) remove(key string, f *flight[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byKey[key] == f {
		delete(g.byKey, key)
	}
}
