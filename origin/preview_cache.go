package origin

import (
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
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
	max  int // bytes
	mu   sync.Mutex
	size int                                 // bytes
	kept *simplelru.LRU[string, keptPicture] // bounded by size, not by its own count
}

type keptPicture struct {
	jpeg  []byte    // nil: it could not be drawn
	until time.Time // of one that could not be drawn: when to try again
}

func newPictureCache(maxBytes int) *pictureCache {
	c := &pictureCache{max: maxBytes}
	c.kept, _ = simplelru.NewLRU(math.MaxInt, func(key string, k keptPicture) { c.size -= k.size(key) })
	return c
}

func (k keptPicture) size(key string) int { return len(key) + len(k.jpeg) + pictureOverhead }

// get is the picture, or nil if it is known that none can be drawn; false means that
// nothing is known.
func (c *pictureCache) get(key string, now time.Time) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept.Get(key)
	return k.jpeg, ok && (k.jpeg != nil || now.Before(k.until))
}

func (c *pictureCache) put(key string, jpeg []byte) { c.add(key, keptPicture{jpeg: jpeg}) }

func (c *pictureCache) putMissing(key string, until time.Time) {
	c.add(key, keptPicture{until: until})
}

func (c *pictureCache) add(key string, k keptPicture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Remove(key)
	c.kept.Add(key, k)
	c.size += k.size(key)
	for c.size > c.max {
		c.kept.RemoveOldest()
	}
}

// bytes is how much is kept.
func (c *pictureCache) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
