package objectstore

import (
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cacheIndex knows the files of a cache, and in what order they were used. It does
// no I/O, so that its lock is never held for long.
type cacheIndex struct {
	max int64

	mu       sync.Mutex
	sizes    *simplelru.LRU[string, int64] // by name; bounded by their sum
	size     int64
	reserved int64 // for files being written
}

// cacheFile is a file of a cache. Its size is a part of its name.
type cacheFile struct {
	name string // without directory and size
	size int64
}

func newCacheIndex(maxBytes int64) *cacheIndex {
	x := &cacheIndex{max: maxBytes}
	x.sizes, _ = simplelru.NewLRU(math.MaxInt, func(_ string, size int64) { x.size -= size })
	return x
}

// use finds a file, and counts as its use.
func (x *cacheIndex) use(name string) (cacheFile, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	size, ok := x.sizes.Get(name)
	return cacheFile{name, size}, ok
}

// reserve makes room, and returns the files to remove for that. It fails when the
// cache is too small for what is being written at once.
func (x *cacheIndex) reserve(size int64) (evicted []cacheFile, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.reserved+size > x.max {
		return nil, false
	}
	x.reserved += size
	for x.size+x.reserved > x.max {
		name, size, _ := x.sizes.RemoveOldest()
		evicted = append(evicted, cacheFile{name, size})
	}
	return evicted, true
}

// release gives a reservation back.
func (x *cacheIndex) release(size int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved -= size
}

// add enters a file in the place of its reservation. It returns one of the same
// name that has another size, as it is to be removed.
func (x *cacheIndex) add(f cacheFile) (replaced []cacheFile) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved -= f.size
	if old, ok := x.sizes.Peek(f.name); ok && old != f.size {
		replaced = append(replaced, cacheFile{f.name, old})
	}
	x.sizes.Remove(f.name)
	x.sizes.Add(f.name, f.size)
	x.size += f.size
	return replaced
}

// drop removes a file from the index.
func (x *cacheIndex) drop(name string) (cacheFile, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	size, ok := x.sizes.Peek(name)
	x.sizes.Remove(name)
	return cacheFile{name, size}, ok
}

func (x *cacheIndex) sizeNow() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.size
}
