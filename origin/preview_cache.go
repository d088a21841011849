package origin

import (
	"container/list"
	"sync"
	"time"
)

const (
	// previewMemory bounds the pictures in memory, in bytes: about 4,000 of them, eleven
	// hours of one stream if players ask for one each ten seconds.
	previewMemory = 32 << 20
	// pictureOverhead is what an entry costs besides the picture, roughly.
	pictureOverhead = 512
)

// pictureCache keeps the pictures that were asked for last, up to a size. Its methods may
// be called by any number of goroutines.
type pictureCache struct {
	max     int // bytes
	mu      sync.Mutex
	size    int                      // bytes
	entries map[string]*list.Element // of *keptPicture, by key
	order   list.List                // the one asked for last is in front
}

type keptPicture struct {
	key   string
	jpeg  []byte    // nil: it could not be drawn
	until time.Time // of one that could not be drawn: when to try again
}

func (k *keptPicture) size() int { return len(k.key) + len(k.jpeg) + pictureOverhead }

func newPictureCache(maxBytes int) pictureCache {
	return pictureCache{max: maxBytes, entries: make(map[string]*list.Element)}
}

// get is the picture, or nil if it is known that none can be drawn; false means that
// nothing is known.
func (c *pictureCache) get(key string, now time.Time) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	kept := e.Value.(*keptPicture)
	if kept.jpeg == nil && !now.Before(kept.until) {
		c.remove(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return kept.jpeg, true
}

func (c *pictureCache) put(key string, jpeg []byte) { c.add(&keptPicture{key: key, jpeg: jpeg}) }

func (c *pictureCache) putMissing(key string, until time.Time) {
	c.add(&keptPicture{key: key, until: until})
}

func (c *pictureCache) add(k *keptPicture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[k.key]; ok {
		c.remove(old)
	}
	c.entries[k.key] = c.order.PushFront(k)
	c.size += k.size()
	for c.size > c.max {
		c.remove(c.order.Back())
	}
}

// remove forgets an entry. The lock is held.
func (c *pictureCache) remove(e *list.Element) {
	kept := c.order.Remove(e).(*keptPicture)
	delete(c.entries, kept.key)
	c.size -= kept.size()
}

// bytes is how much is kept.
func (c *pictureCache) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
