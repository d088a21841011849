package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxFetches run at once, of all keys; more wait.
	maxFetches = 32
	// fetchTime bounds one fetch, as its callers may have no deadline of their own.
	fetchTime = time.Minute
	// missingTime is how long it is remembered that an object is missing, and
	// maxMissing of how many: requests for random keys are to cost the bucket little.
	missingTime = 2 * time.Second
	maxMissing  = 10_000
	// smallTime is how long Small answers from memory: what it serves may change.
	smallTime = time.Second
	// MaxSmall is the largest object that Small serves.
	MaxSmall = 8 << 20
	maxSmall = 64 << 20 // of all together
	// diskPause is how long a failing disk is left alone.
	diskPause = 5 * time.Second
)

// ErrTooLarge reports an object that Small doesn't serve.
var ErrTooLarge = errors.New("objectstore: object is too large to hold in memory")

// Cache keeps what viewers ask of stores: immutable objects in files, up to a size,
// and small ones in memory for a moment. Requests for the same object at once
// share one fetch. Its methods may be called by any number of goroutines.
type Cache struct {
	dir     string
	sources []Store
	index   *cacheIndex
	fetches chan struct{}
	missing *recent[struct{}]
	small   *recent[object]
	failing *recent[struct{}] // has the key "disk" while the disk is left alone

	ctx    context.Context // of all fetches
	cancel context.CancelFunc
	disk   flights[object]
	mem    flights[object]

	hits, misses, evicted prometheus.Counter
	size                  prometheus.GaugeFunc
}

// object is what a fetch ends in: in memory, or in a file.
type object struct {
	data []byte // nil: in a file
	info Info
}

// NewCache uses a directory, which nothing else writes to, for at most so many bytes
// of objects from the first of the sources that has them. What an earlier run left
// there is used again.
func NewCache(dir string, maxBytes int64, sources ...Store) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("objectstore: cache: %w", err)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_cache_" + name, Help: help})
	}
	c := &Cache{
		dir: dir, sources: sources, index: newCacheIndex(maxBytes), fetches: make(chan struct{}, maxFetches),
		missing: newRecent[struct{}](missingTime, maxMissing), small: newRecent[object](smallTime, maxSmall),
		failing: newRecent[struct{}](diskPause, 1),
		hits:    counter("hits_total", "Objects served from the cache."),
		misses:  counter("misses_total", "Objects that had to be asked for."),
		evicted: counter("evicted_bytes_total", "Bytes removed to make room."),
	}
	c.size = prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lightstick_cache_size_bytes", Help: "Bytes of objects on disk."},
		func() float64 { return float64(c.index.sizeNow()) })
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, c.load()
}

// Close ends fetches and waits for them. What is open stays readable.
func (c *Cache) Close() {
	c.cancel()
	c.disk.wg.Wait()
	c.mem.wg.Wait()
}

// Describe implements prometheus.Collector.
func (c *Cache) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c *Cache) Collect(ch chan<- prometheus.Metric) {
	for _, m := range []prometheus.Collector{c.hits, c.misses, c.evicted, c.size} {
		m.Collect(ch)
	}
}

// Open opens an object that never changes; the caller closes it. Info has the size,
// but no time. It fails with ErrNotFound, of which it is sure for 2 s. When the
// cache's disk fails, the object comes from memory or from its source.
func (c *Cache) Open(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, Info{}, err
	}
	if f, info, ok := c.openFile(key); ok {
		c.hits.Inc()
		return f, info, nil
	}
	c.misses.Inc()
	if !c.diskFails() {
		_, err := c.disk.fetchOnce(ctx, c.ctx, key, func(ctx context.Context) (object, error) { return c.fetch(ctx, key, c.saveToDisk) })
		if err != nil && !errors.Is(err, errDisk) {
			return nil, Info{}, err
		}
		// It may be evicted already, in a cache that is far too small.
		if f, info, ok := c.openFile(key); ok {
			return f, info, nil
		}
	}
	return c.openWithoutDisk(ctx, key)
}

func (c *Cache) diskFails() bool {
	_, failing := c.failing.get("disk")
	return failing
}

// openWithoutDisk serves from memory, and what is too large for that from its source
// as it is read.
func (c *Cache) openWithoutDisk(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	data, info, err := c.Small(ctx, key)
	if err == nil {
		return memoryFile{bytes.NewReader(data)}, info, nil
	}
	if !errors.Is(err, ErrTooLarge) {
		return nil, Info{}, err
	}
	return c.openRemote(ctx, key)
}

// Small returns an object of at most MaxSmall bytes, which must not be changed, as it
// was at most a second ago. It fails with ErrNotFound and ErrTooLarge.
func (c *Cache) Small(ctx context.Context, key string) ([]byte, Info, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, Info{}, err
	}
	if o, ok := c.small.get(key); ok {
		return o.data, o.info, nil
	}
	o, err := c.mem.fetchOnce(ctx, c.ctx, key, func(ctx context.Context) (object, error) { return c.fetch(ctx, key, c.saveToMemory) })
	return o.data, o.info, err
}

// Forget drops objects, such as those that were deleted or put just now.
func (c *Cache) Forget(keys ...string) {
	for _, key := range keys {
		c.missing.forget(key)
		c.small.forget(key)
		if f, ok := c.index.drop(cacheName(key)); ok {
			c.unlink([]cacheFile{f})
		}
	}
}

// memoryFile is an object in memory as a file.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }
