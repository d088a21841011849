package objectstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/atomicfile"
)

// touchEvery is how often a use is written down as the file's time, for the order
// of use after a restart.
const touchEvery = time.Minute

// cacheName is a key's file name: any key fits, and none leads out of the directory.
func cacheName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// path has the size in its name: what a power cut left half written doesn't have it.
func (c *Cache) path(f cacheFile) string {
	return filepath.Join(c.dir, f.name[:2], f.name+"-"+strconv.FormatInt(f.size, 10))
}

// load rebuilds the index from the directory, and removes what is of no use.
func (c *Cache) load() error {
	type aged struct {
		cacheFile
		used time.Time
	}
	var files []aged
	err := filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, size, _ := strings.Cut(e.Name(), "-")
		f := cacheFile{name, info.Size()}
		if len(name) != 2*sha256.Size || size != strconv.FormatInt(info.Size(), 10) || c.path(f) != path {
			return os.Remove(path)
		}
		files = append(files, aged{f, info.ModTime()})
		return nil
	})
	if err != nil {
		return fmt.Errorf("objectstore: cache: %w", err)
	}
	slices.SortFunc(files, func(a, b aged) int { return cmp.Or(a.used.Compare(b.used), strings.Compare(a.name, b.name)) })
	for _, f := range files {
		evicted, ok := c.index.reserve(f.size)
		c.unlink(evicted)
		if !ok {
			c.unlink([]cacheFile{f.cacheFile})
			continue
		}
		c.unlink(c.index.add(f.cacheFile))
	}
	return nil
}

// openFile opens what is on disk.
func (c *Cache) openFile(key string) (*os.File, Info, bool) {
	f, ok := c.index.use(cacheName(key))
	if !ok {
		return nil, Info{}, false
	}
	file, err := os.Open(c.path(f))
	if err != nil {
		c.index.drop(f.name) // evicted a moment ago, or removed by hand
		return nil, Info{}, false
	}
	if stat, err := file.Stat(); err == nil && time.Since(stat.ModTime()) > touchEvery {
		now := time.Now()
		_ = os.Chtimes(file.Name(), now, now)
	}
	return file, Info{Key: key, Size: f.size}, true
}

// errDisk is a failure of the cache's disk: the object can be served all the same.
var errDisk = errors.New("objectstore: cache: the disk fails")

// errNoRoom is an errDisk that isn't the disk's fault: the object is too large, or
// others that are being written take all of the cache.
var errNoRoom = fmt.Errorf("%w: no room", errDisk)

// writeToDisk writes an object's body into the cache. Errors of the body are returned as
// they are, those of the disk as errDisk.
func (c *Cache) writeToDisk(ctx context.Context, key string, body io.Reader, size int64) error {
	evicted, ok := c.index.reserve(size)
	if !ok {
		return errNoRoom
	}
	c.evict(evicted)
	f := cacheFile{cacheName(key), size}
	if err := c.write(ctx, f, body); err != nil {
		c.index.release(size)
		return err
	}
	c.unlink(c.index.add(f))
	return nil
}

func (c *Cache) write(ctx context.Context, f cacheFile, body io.Reader) error {
	path := c.path(f)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return errors.Join(errDisk, err)
	}
	temp, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return errors.Join(errDisk, err)
	}
	defer temp.Discard()
	disk := &diskWriter{w: temp}
	n, err := io.Copy(&contextWriter{ctx, disk}, body)
	if err == nil && n != f.size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		// The size in its name tells after a power cut whether it is whole.
		if err = temp.CommitUnsynced(); err != nil {
			return errors.Join(errDisk, err)
		}
		return nil
	}
	if disk.err != nil {
		return errors.Join(errDisk, err)
	}
	return err
}

// diskWriter remembers that it was the disk that failed.
type diskWriter struct {
	w   io.Writer
	err error
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.err = err
	return n, err
}

// evict removes files to make room. A file that is open can be read to its end.
func (c *Cache) evict(files []cacheFile) {
	for _, f := range files {
		c.evicted.Add(float64(f.size))
	}
	c.unlink(files)
}

func (c *Cache) unlink(files []cacheFile) {
	for _, f := range files {
		_ = os.Remove(c.path(f))
	}
}

// contextWriter fails once its context has ended.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w *contextWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}
