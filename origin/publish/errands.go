package publish

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// errand is something to do beside the lanes: files to copy, or objects to delete.
type errand struct {
	files          []string
	done           func()
	keys, prefixes []string
}

// maxErrands bounds those that wait. More than that means that the storage has been
// away for a long time: what would be copied is copied after the next start, what
// would be deleted stays.
const maxErrands = 10_000

func (t *Target) send(e errand) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Many deletions of one segment each become one request.
	if n := len(t.errands); n > 0 && e.done == nil && t.errands[n-1].done == nil && len(t.errands[n-1].keys) < 1000 && len(e.prefixes) == 0 {
		t.errands[n-1].keys = append(t.errands[n-1].keys, e.keys...)
		return
	}
	if len(t.errands) >= maxErrands {
		t.log.Warn("too much waits to be deleted or copied; some of it is left out")
		return
	}
	t.errands = append(t.errands, e)
	select {
	case t.errand <- struct{}{}:
	default:
	}
}

// Put implements record.Publisher.
func (t *Target) Put(keys []string, done func()) { t.send(errand{files: keys, done: done}) }

// Delete implements record.Publisher.
func (t *Target) Delete(keys, prefixes []string) {
	if len(keys)+len(prefixes) > 0 {
		t.send(errand{keys: slices.Clone(keys), prefixes: prefixes})
	}
}

func (t *Target) runErrands() {
	if !t.ready() {
		return
	}
	for {
		t.mu.Lock()
		var e errand
		some := len(t.errands) > 0
		if some {
			e, t.errands = t.errands[0], t.errands[1:]
		}
		t.mu.Unlock()
		switch {
		case !some:
			select {
			case <-t.errand:
			case <-t.stop:
				return
			}
		case e.done != nil:
			if t.putFiles(e.files) {
				e.done()
			}
		default:
			t.delete(e)
		}
	}
}

// putFiles copies files of the archive, one after the other. false means that the
// target stops.
func (t *Target) putFiles(keys []string) bool {
	for _, key := range keys {
		open := func() (io.ReadSeekCloser, error) { return t.cfg.Local(key) }
		err := t.put(key, attributes(key, media.Video), open, nil)
		if err != nil && !errors.Is(err, errGivenUp) {
			return false
		}
	}
	return true
}

// deleteAttempts bounds the attempts to delete something: who may write need not be
// allowed to delete, and nothing waits for it.
const deleteAttempts = 5

func (t *Target) delete(e errand) {
	attempts := 0
	err := t.retry(func(ctx context.Context) error { return t.deleteOnce(ctx, e) }, func() bool {
		attempts++
		return attempts > deleteAttempts
	})
	if errors.Is(err, errGivenUp) {
		t.log.Warn("objects could not be deleted; they stay", "objects", len(e.keys), "prefixes", e.prefixes)
	}
}

// deleteOnce removes objects. Playlists stay while a broadcast of their stream has a
// lane: they are its own.
func (t *Target) deleteOnce(ctx context.Context, e errand) error {
	if slices.ContainsFunc(e.keys, ofStream) {
		t.playlists.Lock()
		defer t.playlists.Unlock()
	}
	found := slices.DeleteFunc(slices.Clone(e.keys), func(key string) bool { return ofStream(key) && t.busy(key) })
	for _, prefix := range e.prefixes {
		for info, err := range t.cfg.Store.List(ctx, prefix) {
			if err != nil {
				return err
			}
			found = append(found, info.Key)
		}
	}
	return t.cfg.Store.Delete(ctx, found...)
}

// ofStream reports whether a key is that of a playlist of a stream, not of one of its
// recordings: live/STREAM/FILE.m3u8.
func ofStream(key string) bool {
	return strings.HasSuffix(key, ".m3u8") && strings.Count(key, "/") == 2
}

func (t *Target) busy(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	elements := strings.Split(key, "/")
	return len(elements) > 1 && t.lanes[media.StreamID(elements[1])] != ""
}
