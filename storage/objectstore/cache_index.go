package objectstore

import (
	"container/list"
	"sync"
)

// cacheIndex knows the files of a cache, and in what order they were used. It does
// no I/O, so that its lock is never held for long.
type cacheIndex struct {
	max int64

	mu       sync.Mutex
	byName   map[string]*list.Element
	order    *list.List // of cacheFile, the least recently used first
	size     int64
	reserved int64 // for files being written
}

// cacheFile is a file of a cache. Its size is a part of its name.
type cacheFile struct {
	name string // without directory and size
	size int64
}

func newCacheIndex(max int64) *cacheIndex {
	return &cacheIndex{max: max, byName: map[string]*list.Element{}, order: list.New()}
}

// use finds a file, and counts as its use.
func (x *cacheIndex) use(name string) (cacheFile, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.byName[name]
	if e == nil {
		return cacheFile{}, false
	}
	x.order.MoveToBack(e)
	return e.Value.(cacheFile), true
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
		evicted = append(evicted, x.remove(x.order.Front()))
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
	if e := x.byName[f.name]; e != nil {
		if old := x.remove(e); old.size != f.size {
			replaced = append(replaced, old)
		}
	}
	x.byName[f.name] = x.order.PushBack(f)
	x.size += f.size
	return replaced
}

// drop removes a file from the index.
func (x *cacheIndex) drop(name string) (cacheFile, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.byName[name]
	if e == nil {
		return cacheFile{}, false
	}
	return x.remove(e), true
}

func (x *cacheIndex) remove(e *list.Element) cacheFile {
	f := x.order.Remove(e).(cacheFile)
	delete(x.byName, f.name)
	x.size -= f.size
	return f
}

func (x *cacheIndex) sizeNow() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.size
}
