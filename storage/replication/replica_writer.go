package replication

import (
	"bytes"
	"context"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// replicaWriter copies one broadcast: what it is told goes through a queue to the storage
// and then into the playlists.
type replicaWriter struct {
	store     objectstore.Store
	sender    *sender
	metrics   *metrics
	replica   *BucketReplica
	head      recording.Head
	resumed   bool                  // some of it may be there
	kinds     map[string]media.Kind // by rendition; of the goroutine that tells
	queue     *copyQueue
	mirror    *packager.Stream // lists what the storage has
	playlists *playlistWriter
	retired   *retirement
}

func newReplicaWriter(b *BucketReplica, h recording.Head, resumed bool) *replicaWriter {
	w := &replicaWriter{
		store: b.cfg.Store, sender: b.sender, metrics: b.metrics, replica: b, head: h, resumed: resumed, kinds: make(map[string]media.Kind),
		queue: newCopyQueue(int64(b.cfg.Spill), b.metrics), retired: newRetirement(h, b.deleteObject),
	}
	w.mirror = packager.NewStream(b.cfg.Packager, w.retired)
	w.playlists = &playlistWriter{b.sender, b.writers, h, w.mirror, make(map[string][]byte)}
	return w
}

// StreamParams implements recording.ReplicaWriter, as do the exported methods after it.
func (w *replicaWriter) StreamParams(s packager.StreamParams) {
	w.queue.add(&copyTask{apply: func(bool) { w.mirror.SetStreamParams(s) }})
}

// Init copies an initialization section.
func (w *replicaWriter) Init(rendition string, i packager.Init) {
	w.kinds[rendition] = i.Track.Kind()
	section := i.Section
	w.queue.add(&copyTask{
		key: recording.InitKey(w.head.Stream, rendition, i.Epoch), kind: i.Track.Kind(),
		open:  func() (io.ReadSeekCloser, error) { return memory{bytes.NewReader(section)}, nil },
		apply: func(bool) { w.mirror.AppendInit(rendition, i) },
	})
}

// Segment copies a segment.
func (w *replicaWriter) Segment(rendition string, e packager.Entry, open func() (io.ReadSeekCloser, error)) {
	t := &copyTask{
		key: recording.SegmentKey(w.head.Stream, rendition, e), kind: w.kinds[rendition], open: open, size: int64(e.Size),
		rendition: rendition, msn: e.MSN,
	}
	if e.Gap {
		t.open, t.size = nil, 0
	}
	t.apply = func(copied bool) {
		if !copied && !e.Gap {
			e.Gap, e.Size, e.KeyFrame = true, 0, packager.KeyFrame{}
			w.retired.retire(t.key) // the mirror will not say so of a gap
		}
		w.mirror.Append(rendition, e, nowhere)
		w.queue.markHandled(rendition, e.MSN)
	}
	w.queue.add(t)
}

// nowhere locates the mirror's segments, which are never read.
func nowhere(string, packager.Entry) packager.Stored { return nothing{} }

type nothing struct{}

func (nothing) Open() (io.ReadSeekCloser, error) { return nil, packager.ErrGone }

// memory is bytes that need no closing.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// DateRange lists metadata.
func (w *replicaWriter) DateRange(d hls.DateRange) {
	w.queue.add(&copyTask{apply: func(bool) { _ = w.mirror.AddDateRange(d) }}) // it was valid
}

// TimedObjects copies an object of a series of timed objects; the index lists it when it is there.
func (w *replicaWriter) TimedObjects(name string, e packager.TimedObjectEntry, open func() (io.ReadSeekCloser, error)) {
	t := &copyTask{key: recording.TimedObjectKey(w.head.Stream, name, e), kind: media.Video, open: open}
	if e.Items == 0 {
		t.open = nil
	}
	t.apply = func(copied bool) {
		if !copied && e.Items > 0 {
			e.Items = 0
			w.retired.retire(t.key) // the mirror will not say so of an empty one
		}
		w.mirror.AppendTimedObject(name, e)
	}
	w.queue.add(t)
}

// Expire says that the library doesn't need a segment any more.
func (w *replicaWriter) Expire(rendition string, e packager.Entry) {
	w.retired.retire(recording.SegmentKey(w.head.Stream, rendition, e))
}

// ExpireTimedObject says that the library doesn't need an object any more.
func (w *replicaWriter) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	w.retired.retire(recording.TimedObjectKey(w.head.Stream, name, e))
}

// NextUnhandled says how far a rendition has been copied.
func (w *replicaWriter) NextUnhandled(rendition string) int64 { return w.queue.next(rendition) }

// Lost reports whether a segment was given up.
func (w *replicaWriter) Lost(rendition string, msn int64) bool { return w.queue.isLost(rendition, msn) }

// End says that nothing more comes.
func (w *replicaWriter) End(files []string, done func()) { w.queue.end(ending{files, done}) }

// Close gives up what has not been copied.
func (w *replicaWriter) Close() { w.queue.close() }

// run copies until the broadcast has ended and everything is there, or the replica
// stops.
func (w *replicaWriter) run() {
	// What was there before is gone through first: the playlists in the storage are newer.
	present, left, err := w.listPresent()
	if err != nil {
		return
	}
	backoff, delay, changed := newBackoff(), firstBackoff, false
	for {
		batch, over := w.nextBatch(changed, delay)
		if over {
			break
		}
		if !w.copyBatch(batch, present) {
			return
		}
		changed = changed || len(batch) > 0
		if left -= len(batch); left > 0 && !w.queue.isEmpty() {
			continue
		}
		if changed && w.playlists.write() {
			backoff.Reset()
			changed, delay = false, firstBackoff
		} else if changed {
			delay = backoff.Next()
		}
	}
	w.finish()
}

// nextBatch waits for tasks; when playlists are to be written again, no longer than the
// delay. over means that there will be none.
func (w *replicaWriter) nextBatch(changed bool, delay time.Duration) (batch []*copyTask, over bool) {
	var again <-chan time.Time
	if changed {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		again = timer.C
	}
	for {
		if batch, over = w.queue.takeBatch(); over || len(batch) > 0 {
			return batch, over
		}
		select {
		case <-w.queue.wake:
		case <-again:
			return nil, false
		case <-w.sender.stopping:
			return nil, true
		}
	}
}

// copyBatch copies a batch at once and lists it in order. false means that the replica
// stops.
func (w *replicaWriter) copyBatch(batch []*copyTask, present map[string]int64) bool {
	copied := make([]bool, len(batch))
	var group errgroup.Group
	for i, t := range batch {
		if t.open == nil {
			continue
		}
		if size, ok := present[t.key]; ok && (t.size == 0 || size == t.size) {
			copied[i] = true
			continue
		}
		group.Go(func() error {
			err := w.copy(t)
			copied[i] = err == nil
			if err == errGivenUp {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return false
	}
	if !w.queue.finishBatch(batch, copied) {
		return true
	}
	for i, t := range batch {
		t.apply(copied[i])
	}
	return true
}

func (w *replicaWriter) copy(t *copyTask) error {
	if err := w.sender.put(t.key, attributes(t.key, t.kind), t.open, w.queue.isClosed); err != nil {
		return err
	}
	if t.size > 0 {
		w.metrics.bytes.Add(float64(t.size))
		w.metrics.lag.Observe(time.Since(t.since).Seconds())
	}
	return nil
}

// listPresent is what the storage has of the publications that wait when a writer is
// resumed, and how many tasks do.
func (w *replicaWriter) listPresent() (present map[string]int64, waiting int, err error) {
	if !w.resumed {
		return nil, 0, nil
	}
	present = make(map[string]int64)
	keys := w.queue.keys()
	listed := make(map[string]bool)
	for _, key := range keys {
		prefix := publicationPrefix(key)
		if prefix == "" || listed[prefix] {
			continue
		}
		listed[prefix] = true
		err := w.sender.retry(func(ctx context.Context) error {
			for info, err := range w.store.List(ctx, prefix) {
				if err != nil {
					return err
				}
				present[info.Key] = info.Size
			}
			return nil
		}, w.queue.isClosed)
		if err != nil {
			return nil, 0, err
		}
	}
	return present, len(keys), nil
}

// finish ends the playlists, or replaces them by those of the recording that the
// broadcast has become.
func (w *replicaWriter) finish() {
	e, ok := w.queue.outcome()
	if !ok {
		return
	}
	if len(e.files) > 0 {
		if w.replica.putFiles(w.head.ID, e.files) {
			e.done()
		}
		return
	}
	w.mirror.Finish()
	for backoff := newBackoff(); !w.playlists.write(); {
		if w.queue.isClosed() || !w.sender.sleep(backoff.Next()) {
			return
		}
	}
	e.done()
}
