package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// Recordings that are kept ready to be watched: so many, and of so many segments
// together (0.8 kB of memory each, with their playlists). One is always kept.
const (
	maxViews    = 32
	maxSegments = 150_000
)

// viewCache holds the recordings that were watched lately, ready to be served.
type viewCache struct {
	mu      sync.Mutex
	ready   *simplelru.LRU[viewKey, view] // in the order in which they were loaded
	total   int                           // segments
	loading singleflight.Group
}

func newViewCache() *viewCache {
	v := &viewCache{}
	v.ready, _ = simplelru.NewLRU(maxViews, func(_ viewKey, old view) { v.total -= old.segments })
	return v
}

// view is what serves a recording.
type view struct {
	stream          *packager.Stream
	segments        int
	extents         map[string]extent // by publication
	allTimedObjects map[string]extent
}

type viewKey struct {
	stream          media.StreamID
	recording, base string
}

func (v *viewCache) get(key viewKey, load func() (view, error)) (*packager.Stream, error) {
	v.mu.Lock()
	s, ok := v.ready.Peek(key)
	v.mu.Unlock()
	if ok {
		return s.stream, nil
	}
	loaded, err, _ := v.loading.Do(string(key.stream)+"\n"+key.recording+"\n"+key.base, func() (any, error) {
		s, err := load()
		if err == nil {
			v.put(key, s)
		}
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return loaded.(view).stream, nil
}

func (v *viewCache) put(key viewKey, s view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ready.Remove(key) // another request may have loaded it, too
	for v.ready.Len() > 0 && v.total+s.segments > maxSegments {
		v.ready.RemoveOldest()
	}
	v.ready.Add(key, s)
	v.total += s.segments
}

// forget drops a recording that was deleted.
func (v *viewCache) forget(recording string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, key := range v.ready.Keys() {
		if key.recording == recording {
			v.ready.Remove(key)
		}
	}
}

// views make ready to be served what is asked for of recordings.
type views struct {
	files      *files
	catalogue  *catalogue
	tombstones *tombstones
	writer     *recordingWriter
	cache      *viewCache
}

// stream is what serves a recording's playlists. It fails with ErrNotFound.
func (v *views) stream(ctx context.Context, key viewKey) (*packager.Stream, error) {
	if !validID(key.recording) || v.tombstones.has(key.recording) {
		return nil, fmt.Errorf("%w: %.64q", ErrNotFound, key.recording)
	}
	return v.cache.get(key, func() (view, error) { return v.load(ctx, key) })
}

func (v *views) load(ctx context.Context, key viewKey) (view, error) {
	c, err := v.files.readRecordingJournal(ctx, key.stream, key.recording)
	if errors.Is(err, objectstore.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return view{}, fmt.Errorf("%w: %s", ErrNotFound, key.recording)
	}
	if err != nil {
		return view{}, err
	}
	if c.Stream != key.stream {
		return view{}, fmt.Errorf("%w: %s of %s", ErrNotFound, key.recording, key.stream)
	}
	s, err := v.writer.endedStream(c, key.base)
	return view{s, len(c.keys()), c.extents(), c.timedObjectExtents()}, err
}
