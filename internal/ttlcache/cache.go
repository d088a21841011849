// Package ttlcache remembers answers for a while, so that many who ask the same cost one
// look. Memory is bounded: when a cache is full, what was used longest ago goes.
//
// The cache of golang-lru that expires by itself is not used: it has a goroutine that never
// ends and wakes a hundred times in the life of an entry.
package ttlcache

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Cache remembers values by keys. It may be used concurrently.
type Cache[K comparable, V any] struct {
	life    time.Duration
	entries *lru.Cache[K, entry[V]]
}

type entry[V any] struct {
	value V
	until time.Time
}

// New makes a cache that holds at most size values, at least 1, each for life.
func New[K comparable, V any](size int, life time.Duration) *Cache[K, V] {
	entries, err := lru.New[K, entry[V]](size)
	if err != nil {
		panic(err) // the size is not positive
	}
	return &Cache[K, V]{life, entries}
}

// Get is the value of a key, if it was put within the cache's life.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	e, ok := c.entries.Get(key)
	if !ok || !time.Now().Before(e.until) {
		return value, false
	}
	return e.value, true
}

// Put remembers a value.
func (c *Cache[K, V]) Put(key K, value V) {
	c.entries.Add(key, entry[V]{value, time.Now().Add(c.life)})
}

// Remove forgets a key.
func (c *Cache[K, V]) Remove(key K) { c.entries.Remove(key) }

// Len is how many values are held, those that are too old included.
func (c *Cache[K, V]) Len() int { return c.entries.Len() }
