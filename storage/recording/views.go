package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

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
	ready   map[viewKey]view
	order   []viewKey // the one asked for first comes first
	total   int       // segments
	loading singleflight.Group
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
	s, ok := v.ready[key]
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
	if v.ready == nil {
		v.ready = make(map[viewKey]view)
	}
	if old, ok := v.ready[key]; ok { // another request has loaded it, too
		v.total += s.segments - old.segments
		v.ready[key] = s
		return
	}
	for len(v.order) > 0 && (len(v.order) == maxViews || v.total+s.segments > maxSegments) {
		v.total -= v.ready[v.order[0]].segments
		delete(v.ready, v.order[0])
		v.order = v.order[1:]
	}
	v.ready[key] = s
	v.total += s.segments
	v.order = append(v.order, key)
}

// forget drops a recording that was deleted.
func (v *viewCache) forget(recording string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	kept := v.order[:0]
	for _, key := range v.order {
		if key.recording == recording {
			v.total -= v.ready[key].segments
			delete(v.ready, key)
			continue
		}
		kept = append(kept, key)
	}
	v.order = kept
}

// views make ready to be served what is asked for of recordings.
type views struct {
	files      *files
	catalogue  *catalogue
	tombstones *tombstones
	writer     *recordingWriter
	cache      viewCache
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
