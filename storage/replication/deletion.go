package replication

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// Delete implements recording.Replica.
func (b *BucketReplica) Delete(id string, keys, prefixes []string, done func()) {
	b.deletions.add(task{id: id, keys: slices.Clone(keys), prefixes: prefixes, done: done})
}

// deleteObject deletes one object that is not needed any more.
func (b *BucketReplica) deleteObject(key string) { b.deletions.add(task{keys: []string{key}}) }

// deniedAttempts is how often a deletion is tried that is not allowed: credentials that
// may write need not be allowed to delete, and nothing waits for it.
const deniedAttempts = 3

// delete removes objects, when nothing of the broadcast is copied any more. false means
// that the replica stops.
func (b *BucketReplica) delete(t task) bool {
	for _, ended := range b.writers.runningOf(t.id) {
		if !b.sender.waitFor(ended) {
			return false
		}
	}
	denied := 0
	err := b.sender.retry(func(ctx context.Context) error {
		err := b.deleteOnce(ctx, t)
		if err != nil && b.cfg.Permanent(err) {
			denied++
		}
		return err
	}, func() bool { return denied >= deniedAttempts })
	if errors.Is(err, errGivenUp) {
		b.log.Error("objects can't be deleted; they stay", "objects", len(t.keys), "prefixes", t.prefixes,
			"advice", "allow s3:DeleteObject and s3:ListBucket, or delete them by hand or by a lifecycle rule")
		return true
	}
	return err == nil
}

// deleteOnce removes objects. Playlists stay while a broadcast of their stream has a
// writer: they are its own.
func (b *BucketReplica) deleteOnce(ctx context.Context, t task) error {
	var found []string
	for _, key := range t.keys {
		if !isStreamPlaylist(key) {
			found = append(found, key)
		}
	}
	for _, prefix := range t.prefixes {
		for info, err := range b.cfg.Store.List(ctx, prefix) {
			if err != nil {
				return err
			}
			found = append(found, info.Key)
		}
	}
	return errors.Join(b.deletePlaylists(ctx, t), b.cfg.Store.Delete(ctx, found...))
}

// deletePlaylists removes the playlists of a stream, unless they are another broadcast's.
func (b *BucketReplica) deletePlaylists(ctx context.Context, t task) error {
	playlists := slices.DeleteFunc(slices.Clone(t.keys), func(key string) bool { return !isStreamPlaylist(key) })
	if len(playlists) == 0 {
		return nil
	}
	stream := streamOf(playlists[0])
	done, err := b.writers.waitTurn(ctx, stream)
	if err != nil {
		return err
	}
	defer done()
	if b.writers.ownedByOther(stream, t.id) {
		return nil
	}
	return b.cfg.Store.Delete(ctx, playlists...)
}

// isStreamPlaylist reports whether a key is that of a playlist of a stream, not of one of its
// recordings: live/STREAM/FILE.m3u8. The indexes of timed objects are playlists, too.
func isStreamPlaylist(key string) bool {
	return isTimedObjectIndex(key) || strings.HasSuffix(key, ".m3u8") && strings.Count(key, "/") == 2
}

// streamOf is the stream that a key is of.
func streamOf(key string) media.StreamID { return media.StreamID(strings.Split(key, "/")[1]) }
