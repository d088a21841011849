package recording

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// replicator copies broadcasts, recordings and files to the replicas, and has deleted there
// what is deleted here.
type replicator struct {
	replicas  []Replica
	files     *files
	catalogue *catalogue
	queue     *writeQueue
	log       *slog.Logger

	mu     sync.Mutex
	active map[string]replicaWriters // of recordings that are being copied, by ID
}

// begin begins to copy a broadcast.
func (r *replicator) begin(h Head) (writers replicaWriters) {
	for _, p := range r.replicas {
		writers = append(writers, replicaWriter{p.Writer(h, WriterOptions{}), p.Name()})
	}
	return writers
}

// resume goes on with copying a broadcast: replicas are told what they may have already.
func (r *replicator) resume(c *parsedJournal) (writers replicaWriters) {
	for _, p := range r.replicas {
		writer := p.Writer(c.Head, WriterOptions{Resume: func(w ReplicaWriter) { c.feed(w, r.files.openForReplica) }})
		writers = append(writers, replicaWriter{writer, p.Name()})
	}
	return writers
}

// putFiles has files copied, in order.
func (r *replicator) putFiles(keys []string) {
	for _, p := range r.replicas {
		p.Put(keys, func() {})
	}
}

// putClip has the files of a clip copied: its media are another recording's.
func (r *replicator) putClip(c *parsedJournal, keys []string) {
	for _, p := range r.replicas {
		p.Put(keys, func() { r.queue.enqueue(func() error { return r.markCopied(c, p.Name()) }) })
	}
}

// copyRecording lets the writers copy what a recording consists of, and if the media are its
// own removes them from the disk when all have them.
func (r *replicator) copyRecording(c *parsedJournal, keys []string, writers replicaWriters, own bool) {
	r.mu.Lock()
	r.active[c.ID] = writers
	r.mu.Unlock()
	left := len(writers) // the writing goroutine's from here on
	for _, writer := range writers {
		writer.End(keys, func() {
			r.queue.enqueue(func() error {
				if c.lostIn(writer) {
					r.log.Warn("a storage lacks segments of a recording; they are looked for again at the next start",
						"storage", writer.replica, "recording", c.ID)
					return nil
				}
				if err := r.markCopied(c, writer.replica); err != nil {
					return err
				}
				if left--; left > 0 {
					return nil
				}
				r.removeActive(c.ID)
				if !own {
					return nil
				}
				return r.files.removeMedia(c, c.initKeys())
			})
		})
	}
}

// isActive reports whether a recording is being copied.
func (r *replicator) isActive(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.active[id]
	return ok
}

// removeActive gives the writers that copy a recording, which are not known any more then.
func (r *replicator) removeActive(id string) replicaWriters {
	r.mu.Lock()
	defer r.mu.Unlock()
	writers := r.active[id]
	delete(r.active, id)
	return writers
}

// stopCopying gives up the copying of a recording.
func (r *replicator) stopCopying(id string) { r.removeActive(id).close() }

// copiedSuffix follows a replica's name in the name of the file that says that it has a
// recording.
const copiedSuffix = ".published"

func (r *replicator) copiedPath(c Head, replica string) string {
	return r.files.path(recordingKey(c.Stream, c.ID, replica+copiedSuffix))
}

func (r *replicator) markCopied(c *parsedJournal, replica string) error {
	if _, err := r.catalogue.read(c.Stream, c.ID); err != nil {
		return nil // the recording was deleted meanwhile
	}
	return writeAtomically(r.copiedPath(c.Head, replica), nil)
}

// copyMissing copies the recordings that a replica lacks: the server stopped before it had
// them, or the replica is new.
func (r *replicator) copyMissing(ctx context.Context) {
	recordings, err := r.catalogue.list(ctx, "")
	if err != nil {
		r.log.Error("recordings can't be listed", "err", err)
	}
	for _, recording := range recordings {
		if ctx.Err() != nil {
			return
		}
		if r.isActive(recording.ID) {
			continue // it was made after the start
		}
		var missing []Replica
		for _, p := range r.replicas {
			if _, err := os.Stat(r.copiedPath(Head{Stream: recording.Stream, ID: recording.ID}, p.Name())); err != nil {
				missing = append(missing, p)
			}
		}
		if len(missing) > 0 {
			r.copyTo(missing, recording)
		}
	}
}

// copyTo copies a recording to replicas.
func (r *replicator) copyTo(replicas []Replica, recording Recording) {
	c, err := r.catalogue.journal(recording.Stream, recording.ID)
	if err != nil {
		r.log.Error("a recording can't be copied", "recording", recording.ID, "err", err)
		return
	}
	isClip := recording.ClipOf != ""
	var writers replicaWriters
	for _, p := range replicas {
		writer := p.Writer(Head{ID: recording.ID, Stream: recording.Stream, Record: true}, WriterOptions{Quiet: true, Resume: func(w ReplicaWriter) {
			if !isClip {
				c.feed(w, r.files.openForReplica)
			}
		}})
		writers = append(writers, replicaWriter{writer, p.Name()})
	}
	keys := r.filesOf(recording)
	if r.catalogue.hasStreamPlaylists(recording) {
		keys = append(keys, c.playlists()...)
	}
	r.copyRecording(c, keys, writers, !isClip)
}

// filesOf are the keys of a recording's own files, the multivariant playlist last.
func (r *replicator) filesOf(recording Recording) (keys []string) {
	dir := r.files.path(streamKey(recording.Stream, recordingsDir, recording.ID))
	allTimedObjects := timedObjectsIn(dir)
	for _, name := range filesIn(dir, "") {
		switch {
		case slices.Contains(allTimedObjects, name):
			keys = append(keys, recordingKey(recording.Stream, recording.ID, name+"/"+timedObjectIndex))
		case name != multivariant && filepath.Ext(name) != copiedSuffix:
			keys = append(keys, recordingKey(recording.Stream, recording.ID, name))
		}
	}
	return append(keys, recordingKey(recording.Stream, recording.ID, multivariant))
}

// forgetCached drops what was read back of objects that are deleted.
func (r *replicator) forgetCached(keys []string) {
	if r.files.remote != nil {
		r.files.remote.Forget(keys...)
	}
}

// deleteEverywhere has objects deleted from the replicas, and forgotten where they were
// read back.
func (r *replicator) deleteEverywhere(t tombstone, done func()) {
	r.forgetCached(t.Cached)
	if len(r.replicas) == 0 {
		done()
		return
	}
	left := len(r.replicas) // the writing goroutine's from here on
	for _, p := range r.replicas {
		p.Delete(t.ID, t.Keys, t.Prefixes, func() {
			r.queue.enqueue(func() error {
				if left--; left == 0 {
					r.forgetCached(t.Cached) // what was read meanwhile
					done()
				}
				return nil
			})
		})
	}
}

// feed tells a writer what a journal says.
func (c *parsedJournal) feed(w ReplicaWriter, open func(key string) (io.ReadSeekCloser, error)) {
	w.StreamParams(c.StreamParams)
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			w.Init(r.Name, init)
		}
	}
	for _, d := range c.DateRanges {
		w.DateRange(d)
	}
	for _, s := range c.byNumber() {
		key := SegmentKey(c.Stream, s.rendition, s.Entry)
		w.Segment(s.rendition, s.Entry, func() (io.ReadSeekCloser, error) { return open(key) })
	}
	for _, s := range c.TimedObjects {
		for _, e := range s.Entries {
			key := TimedObjectKey(c.Stream, s.Name, e)
			w.TimedObjects(s.Name, e, func() (io.ReadSeekCloser, error) { return open(key) })
		}
	}
}
