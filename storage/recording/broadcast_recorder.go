package recording

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

// BroadcastRecorder records one broadcast, from the first publication to the end. It
// implements live.Recorder: its methods queue what is to be done.
type BroadcastRecorder struct {
	*recorders
	id media.StreamID

	// Of the writing goroutine.
	head    Head
	begun   bool
	ended   bool
	journal broadcastJournal
	expiry  expiry
	writers replicaWriters
	unsaved map[string][]byte // initialization sections that could not be written so far, by key
}

// ID is the stream's name.
func (r *BroadcastRecorder) ID() media.StreamID { return r.id }

// Begun is when the broadcast began, if it is one that was resumed.
func (r *BroadcastRecorder) Begun() time.Time { return r.head.Begun }

// ensureBegun decides what becomes of the broadcast when there is something to write, and
// opens its journal.
func (r *BroadcastRecorder) ensureBegun() error {
	if !r.begun {
		r.begun = true
		r.head = r.newHead(r.id)
		r.journal.path = r.files.journalPath(r.head)
		r.live.add(r.head, r)
		r.writers = r.replicator.begin(r.head)
	}
	if r.ended {
		return nil
	}
	return r.journal.open(r.head)
}

// enqueueWrite queues a write of the broadcast.
func (r *BroadcastRecorder) enqueueWrite(run func() error) {
	r.queue.enqueueWrite(func() error { return errors.Join(r.ensureBegun(), run()) })
}

// StreamParams implements packager.Recorder, as do the next six.
func (r *BroadcastRecorder) StreamParams(p packager.StreamParams) {
	r.enqueueWrite(func() error {
		r.writers.each(func(w ReplicaWriter) { w.StreamParams(p) })
		return r.journal.appendPreamble(line{StreamParams: &p})
	})
}

// Init writes an initialization section.
func (r *BroadcastRecorder) Init(rendition string, init packager.Init) {
	r.enqueueWrite(func() error {
		r.writers.each(func(w ReplicaWriter) { w.Init(rendition, init) })
		r.unsaved[InitKey(r.id, rendition, init.Epoch)] = init.Section
		return errors.Join(r.saveInits(), r.journal.appendPreamble(line{Init: &initLine{rendition, init}}))
	})
}

// saveInits writes the initialization sections that are not on the disk yet.
func (r *BroadcastRecorder) saveInits() (err error) {
	for key, section := range r.unsaved {
		_, failed := writeFile(r.files.path(key), [][]byte{section})
		if failed == nil {
			delete(r.unsaved, key)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// Segment queues a segment to be written. When too many wait it is left out: live goes
// on from memory, and the recording has a gap.
func (r *BroadcastRecorder) Segment(rendition string, seg *packager.Segment) {
	if r.queue.isFull() {
		r.metrics.skipped.Inc()
		return
	}
	r.enqueueWrite(func() error { return errors.Join(r.saveInits(), r.saveSegment(rendition, seg)) })
}

func (r *BroadcastRecorder) saveSegment(rendition string, seg *packager.Segment) error {
	entry, parts := seg.Entry, partsOf(seg)
	var err error
	chunks := seg.Chunks()
	lost := !entry.Gap && chunks == nil // it left memory while it waited
	if !entry.Gap && !lost {
		key := SegmentKey(r.id, rendition, entry)
		path := r.files.path(key)
		var size int
		if size, err = writeFile(path, chunks); err == nil {
			r.metrics.written.Add(float64(size))
			seg.MarkStored(stored{r.files, key})
		} else {
			_ = os.Remove(path) // a part of a segment is of no use, and may free the disk
		}
	}
	r.writers.each(func(w ReplicaWriter) { w.Segment(rendition, entry, seg.Open) })
	if (err != nil || lost) && len(r.writers) == 0 {
		entry.Gap, parts = true, nil // it will be nowhere after a restart
	}
	return errors.Join(err, r.journal.append(line{Segment: &segmentLine{Rendition: rendition, Entry: entry, Parts: parts}}))
}

// DateRange writes metadata into the journal.
func (r *BroadcastRecorder) DateRange(d hls.DateRange) {
	r.enqueueWrite(func() error {
		r.writers.each(func(w ReplicaWriter) { w.DateRange(d) })
		return r.journal.append(line{Date: &d})
	})
}

// TimedObject queues an object to be written; one without items is only noted. When too many
// writes wait it is left out, as segments are.
func (r *BroadcastRecorder) TimedObject(name string, o *packager.TimedObject) {
	if r.queue.isFull() {
		r.metrics.skipped.Inc()
		return
	}
	r.enqueueWrite(func() error { return r.saveTimedObject(name, o) })
}

func (r *BroadcastRecorder) saveTimedObject(name string, o *packager.TimedObject) error {
	entry := o.TimedObjectEntry
	key := TimedObjectKey(r.id, name, entry)
	var err error
	if document := o.Document(); document == nil {
		entry.Items = 0 // it left memory while it waited
	} else if entry.Items > 0 {
		if _, err = writeFile(r.files.path(key), [][]byte{document.Plain()}); err != nil {
			_ = os.Remove(r.files.path(key))
			if len(r.writers) == 0 {
				entry.Items = 0 // it will be nowhere after a restart
			}
		}
	}
	open := func() (io.ReadSeekCloser, error) {
		if document := o.Document(); document != nil {
			return document.Open(), nil
		}
		return r.files.openForReplica(key)
	}
	r.writers.each(func(w ReplicaWriter) { w.TimedObjects(name, entry, open) })
	return errors.Join(err, r.journal.append(line{TimedObjects: &timedObjectLine{name, entry}}))
}

// Expire queues a segment's removal, unless it is part of a recording.
func (r *BroadcastRecorder) Expire(rendition string, seg *packager.Segment) {
	entry := seg.Entry
	r.queue.enqueue(func() error {
		r.expiry.expire(rendition, entry)
		switch {
		case r.expiry.isPinned(entry):
			return nil
		case !r.head.Record:
			r.writers.each(func(w ReplicaWriter) { w.Expire(rendition, entry) })
			return errors.Join(r.removeSegment(rendition, entry), r.compactJournal())
		case len(r.writers) > 0:
			r.expiry.awaitCopies(rendition, entry)
			r.removeCopied()
		}
		return nil
	})
}

// ExpireTimedObject queues an object's removal, unless it is part of a recording. What a
// recording has elsewhere too is removed when all of it is.
func (r *BroadcastRecorder) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	r.queue.enqueue(func() error {
		if r.head.Record || r.expiry.isPinnedObject(e) {
			return nil
		}
		r.writers.each(func(w ReplicaWriter) { w.ExpireTimedObject(name, e) })
		return ignoreMissing(os.Remove(r.files.path(TimedObjectKey(r.id, name, e))))
	})
}

func (r *BroadcastRecorder) removeSegment(rendition string, e packager.Entry) error {
	return ignoreMissing(os.Remove(r.files.path(SegmentKey(r.id, rendition, e))))
}

// removeCopied removes what a recording has in other storages.
func (r *BroadcastRecorder) removeCopied() {
	copied := func(s segmentOf) bool { return r.writers.allHandled(s.rendition, s.MSN) }
	for _, s := range r.expiry.nextCopied(copied) {
		_ = r.removeSegment(s.rendition, s.Entry)
	}
}

// compactJournal rewrites the journal when it is long, and removes initialization sections
// that it has no longer: they could not be found after the broadcast. Those that a clip
// needs stay.
func (r *BroadcastRecorder) compactJournal() error {
	if !r.journal.isOpen() || !r.expiry.startCompaction() {
		return nil
	}
	unused, err := r.journal.compact(r.expiry.oldest)
	if err != nil || len(unused) == 0 || len(r.expiry.pins) > 0 {
		return err
	}
	var keys []string
	for _, init := range unused {
		keys = append(keys, InitKey(r.id, init.Rendition, init.Epoch))
	}
	err = r.files.removeKeys(keys, r.catalogue.referenced(r.id, r.head.ID))
	r.files.removeEmpty(r.id)
	return err
}

// pin keeps what a clip needs.
func (r *BroadcastRecorder) pin(clip string, p span) { r.expiry.pins[clip] = p }

func (r *BroadcastRecorder) unpin(clip string) { delete(r.expiry.pins, clip) }

func (r *BroadcastRecorder) closeJournal() { r.journal.close() }

// Pause says that the publisher has left, for now.
func (r *BroadcastRecorder) Pause() {
	r.queue.enqueue(func() error {
		if !r.begun {
			return nil
		}
		return r.journal.append(line{Pause: true})
	})
}

// Finish says that the broadcast is over: a recording is made of it, if it is to be
// one.
func (r *BroadcastRecorder) Finish() {
	r.queue.enqueue(func() error {
		if !r.begun || r.ended {
			return nil
		}
		r.ended = true
		err := r.journal.append(line{End: true})
		r.closeJournal()
		if !r.head.Record {
			r.writers.each(func(w ReplicaWriter) { w.End(nil, func() {}) }) // their playlists end as they are
			return err
		}
		head, writers := r.head, r.writers
		r.worker.start(func(ctx context.Context) { r.maker.makeRecording(ctx, head, writers) })
		return err
	})
}

// Close removes what is not recorded: the stream can't be watched any more.
func (r *BroadcastRecorder) Close() {
	r.queue.enqueue(func() error {
		if !r.begun {
			return nil
		}
		r.live.remove(r.head)
		r.closeJournal()
		if r.head.Record {
			return nil
		}
		r.writers.close()
		return r.remover.removeBroadcast(r.head)
	})
}
