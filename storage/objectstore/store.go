package objectstore

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// ErrNotFound reports that there is no object of that key.
var ErrNotFound = errors.New("objectstore: no such object")

// Attributes are the header fields of an object that is fetched by HTTP.
type Attributes struct {
	ContentType  string
	CacheControl string
}

// Info describes an object.
type Info struct {
	Key      string
	Size     int64
	Modified time.Time
}

// Range is a stretch of an object, in bytes. The zero value is all of it.
type Range struct {
	Offset int64
	Length int64 // 0: to the end
}

// Store keeps objects by key. Keys are relative paths with slashes, such as
// "live/show/4f1c/source/12.m4s", without empty, "." or ".." elements. Its methods
// may be called by any number of goroutines.
type Store interface {
	// Put stores an object, replacing one of the same key. Readers see the old or the
	// new one whole, never something between. body may be read more than once, from
	// its beginning.
	Put(ctx context.Context, key string, body io.ReadSeeker, a Attributes) error
	// Get opens an object; the caller closes it. Info.Size is that of the whole object.
	// It fails with ErrNotFound.
	Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error)
	// List yields the objects whose keys begin with prefix, in the order of their keys.
	// After an error it yields nothing more.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Delete removes objects. That one isn't there is no error.
	Delete(ctx context.Context, keys ...string) error
}
