package objectstore

import (
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// recent remembers values for a time, and the sum of their weights has a bound: the
// oldest make room.
type recent[V any] struct {
	ttl time.Duration
	max int64

	mu     sync.Mutex
	values *simplelru.LRU[string, remembered[V]] // as they were put, bounded by weight
	weight int64
}

type remembered[V any] struct {
	value  V
	weight int64
	until  time.Time
}

func newRecent[V any](ttl time.Duration, maxWeight int64) *recent[V] {
	r := &recent[V]{ttl: ttl, max: maxWeight}
	r.values, _ = simplelru.NewLRU(math.MaxInt, func(_ string, old remembered[V]) { r.weight -= old.weight })
	return r
}

func (r *recent[V]) get(key string) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(time.Now())
	found, ok := r.values.Peek(key)
	return found.value, ok
}

func (r *recent[V]) put(key string, value V, weight int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.expire(now)
	r.values.Remove(key)
	if weight > r.max {
		return
	}
	for r.weight+weight > r.max {
		r.values.RemoveOldest()
	}
	r.values.Add(key, remembered[V]{value, weight, now.Add(r.ttl)})
	r.weight += weight
}

func (r *recent[V]) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values.Remove(key)
}

// expire needs to look at the oldest only: all live equally long.
func (r *recent[V]) expire(now time.Time) {
	for {
		if _, oldest, ok := r.values.GetOldest(); !ok || now.Before(oldest.until) {
			return
		}
		r.values.RemoveOldest()
	}
}
