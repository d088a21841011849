package replication

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/globalfandom/lightstick/media"
)

// targetTask is something to do beside the writers: files to copy, or objects to delete.
type targetTask struct {
	id             string // of the broadcast or recording
	files          []string
	keys, prefixes []string
	done           func()
}

// targetQueue holds tasks that are done one after the other, in order.
type targetQueue struct {
	mu      sync.Mutex
	waiting []targetTask
	wake    chan struct{} // there may be a new one
}

func newTargetQueue() *targetQueue { return &targetQueue{wake: make(chan struct{}, 1)} }

// maxKeys is how many single deletions become one.
const maxKeys = 1000

func (q *targetQueue) add(e targetTask) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// Deletions of one segment each become one request.
	if n := len(q.waiting); n > 0 && e.done == nil && q.waiting[n-1].done == nil && len(q.waiting[n-1].keys) < maxKeys {
		q.waiting[n-1].keys = append(q.waiting[n-1].keys, e.keys...)
		return
	}
	q.waiting = append(q.waiting, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run does tasks until the target stops.
func (q *targetQueue) run(t *Target, do func(targetTask) bool) {
	if !t.ready() {
		return
	}
	for {
		q.mu.Lock()
		some := len(q.waiting) > 0
		var e targetTask
		if some {
			e, q.waiting = q.waiting[0], q.waiting[1:]
		}
		q.mu.Unlock()
		if !some {
			select {
			case <-q.wake:
			case <-t.stop:
				return
			}
			continue
		}
		if !do(e) {
			return
		}
		if e.done != nil {
			e.done()
		}
	}
}

// Put implements recording.Replica.
func (t *Target) Put(keys []string, done func()) { t.puts.add(targetTask{files: keys, done: done}) }

// Delete implements recording.Replica.
func (t *Target) Delete(id string, keys, prefixes []string, done func()) {
	t.deletions.add(targetTask{id: id, keys: slices.Clone(keys), prefixes: prefixes, done: done})
}

// drop deletes one object that nobody asks for any more.
func (t *Target) drop(key string) { t.deletions.add(targetTask{keys: []string{key}}) }

// putFiles copies files of the archive, one after the other. false means that the
// target stops.
func (t *Target) putFiles(id string, keys []string) bool {
	for _, key := range keys {
		open := func() (io.ReadSeekCloser, error) {
			if ofStream(key) && t.ownedByOther(key, id) {
				return nil, errGivenUp
			}
			return t.cfg.Local(key)
		}
		err := t.put(key, attributes(key, media.Video), open, nil)
		if err != nil && !errors.Is(err, errGivenUp) {
			return false
		}
	}
	return true
}

// deniedAttempts is how often a deletion is tried that is not allowed: who may write
// need not be allowed to delete, and nothing waits for it.
const deniedAttempts = 3

// delete removes objects, when nothing of the broadcast is copied any more. false means
// that the target stops.
func (t *Target) delete(e targetTask) bool {
	for _, running := range t.running(e.id) {
		select {
		case <-running:
		case <-t.stop:
			return false
		}
	}
	denied := 0
	err := t.retry(func(ctx context.Context) error {
		err := t.deleteOnce(ctx, e)
		if err != nil && t.cfg.Permanent(err) {
			denied++
		}
		return err
	}, func() bool { return denied >= deniedAttempts })
	if errors.Is(err, errGivenUp) {
		t.log.Error("objects can't be deleted; they stay", "objects", len(e.keys), "prefixes", e.prefixes,
			"advice", "allow s3:DeleteObject and s3:ListBucket, or delete them by hand or by a lifecycle rule")
		return true
	}
	return err == nil
}

// deleteOnce removes objects. Playlists stay while a broadcast of their stream has a
// writer: they are its own.
func (t *Target) deleteOnce(ctx context.Context, e targetTask) error {
	if slices.ContainsFunc(e.keys, ofStream) {
		t.playlists.Lock()
		defer t.playlists.Unlock()
	}
	found := slices.DeleteFunc(slices.Clone(e.keys), func(key string) bool { return ofStream(key) && t.ownedByOther(key, e.id) })
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
// recordings: live/STREAM/FILE.m3u8. The indexes of timed objects are playlists, too.
func ofStream(key string) bool {
	return isTimedObjectIndex(key) || strings.HasSuffix(key, ".m3u8") && strings.Count(key, "/") == 2
}

// ownedByOther reports whether a stream's playlist is another broadcast's.
func (t *Target) ownedByOther(key, id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner := t.owners[media.StreamID(strings.Split(key, "/")[1])]
	return owner != "" && owner != id
}
