package objectstore

import (
	"container/list"
	"sync"
	"time"
)

// recent remembers values for a time, and the sum of their weights has a bound: the
// oldest make room.
type recent[V any] struct {
	ttl time.Duration
	max int64

	mu     sync.Mutex
	byKey  map[string]*list.Element
	order  *list.List // of *remembered[V], the oldest first
	weight int64
}

type remembered[V any] struct {
	key    string
	value  V
	weight int64
	until  time.Time
}

func newRecent[V any](ttl time.Duration, max int64) *recent[V] {
	return &recent[V]{ttl: ttl, max: max, byKey: map[string]*list.Element{}, order: list.New()}
}

func (r *recent[V]) get(key string) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(time.Now())
	if e := r.byKey[key]; e != nil {
		return e.Value.(*remembered[V]).value, true
	}
	return value, false
}

func (r *recent[V]) put(key string, value V, weight int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.expire(now)
	r.remove(r.byKey[key])
	if weight > r.max {
		return
	}
	for r.weight+weight > r.max {
		r.remove(r.order.Front())
	}
	r.byKey[key] = r.order.PushBack(&remembered[V]{key, value, weight, now.Add(r.ttl)})
	r.weight += weight
}

func (r *recent[V]) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(r.byKey[key])
}

// expire needs to look at the oldest only: all live equally long.
func (r *recent[V]) expire(now time.Time) {
	for e := r.order.Front(); e != nil && !now.Before(e.Value.(*remembered[V]).until); e = r.order.Front() {
		r.remove(e)
	}
}

func (r *recent[V]) remove(e *list.Element) {
	if e == nil {
		return
	}
	old := r.order.Remove(e).(*remembered[V])
	delete(r.byKey, old.key)
	r.weight -= old.weight
}
