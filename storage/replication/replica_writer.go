package replication

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
	"github.com/globalfandom/lightstick/storage/recording"
)

// maxBatch is how many segments are copied before the playlists are written anew.
const maxBatch = 32

// replicaWriter copies one broadcast.
type replicaWriter struct {
	target  *Target
	head    recording.Head
	mirror  *packager.Stream // lists what the storage has
	options recording.WriterOptions
	written map[string][]byte // playlists, as they were stored last

	mu            sync.Mutex
	queue         []*task
	waiting       int64 // bytes of the segments in queue
	nextUnhandled map[string]int64
	lost          map[string]map[int64]bool // segments given up, by rendition
	begun         int                       // so many tasks were known when the writer was resumed
	kinds         map[string]media.Kind
	retired       map[string]bool // objects that one of the two who must say so does not need
	ended         bool
	files         []string
	done          func()
	closed        bool
	wake          chan struct{} // there may be something new
}

// task is one thing to copy and, when it is there, to list.
type task struct {
	key   string
	kind  media.Kind
	open  func() (io.ReadSeekCloser, error) // nil: there is nothing to copy
	size  int64                             // 0: not a segment
	since time.Time
	apply func(copied bool)
	// Of segments only.
	rendition string
	msn       int64
	inFlight  bool // it is being copied; the writer's lock is held
}

func newReplicaWriter(t *Target, h recording.Head, o recording.WriterOptions) *replicaWriter {
	l := &replicaWriter{
		target: t, head: h, options: o, written: make(map[string][]byte), nextUnhandled: make(map[string]int64), lost: make(map[string]map[int64]bool),
		kinds: make(map[string]media.Kind), retired: make(map[string]bool), wake: make(chan struct{}, 1), done: func() {},
	}
	l.mirror = packager.NewStream(t.cfg.Packager, retirer{writer: l})
	return l
}

// enqueue queues a task, and gives up the oldest when too much waits.
func (l *replicaWriter) enqueue(task *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.ended {
		return
	}
	task.since = time.Now()
	l.queue = append(l.queue, task)
	l.addWaiting(task.size)
	if l.waiting > l.target.cfg.Spill {
		l.makeRoom()
	}
	l.notify()
}

// makeRoom gives up the oldest segments until a tenth of the room is free. The mirror
// lists gaps where numbers are missing. The lock is held, as in the next three.
func (l *replicaWriter) makeRoom() {
	kept := l.queue[:0:0]
	for _, task := range l.queue {
		if task.size == 0 || task.inFlight || l.waiting <= l.target.cfg.Spill*9/10 {
			kept = append(kept, task)
			continue
		}
		l.addWaiting(-task.size)
		l.giveUp(task)
		l.nextUnhandled[task.rendition] = max(l.nextUnhandled[task.rendition], task.msn+1)
	}
	l.queue = kept
}

// addWaiting keeps the account of what waits.
func (l *replicaWriter) addWaiting(bytes int64) {
	l.waiting += bytes
	l.target.metrics.waiting.Add(float64(bytes))
}

// giveUp notes that a segment will never be there.
func (l *replicaWriter) giveUp(task *task) {
	l.target.metrics.lost.Inc()
	if l.lost[task.rendition] == nil {
		l.lost[task.rendition] = make(map[int64]bool)
	}
	l.lost[task.rendition][task.msn] = true
}

// Lost reports whether a segment was given up.
func (l *replicaWriter) Lost(rendition string, msn int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost[rendition][msn]
}

func (l *replicaWriter) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// StreamParams implements recording.ReplicaWriter, as do the methods after it.
func (l *replicaWriter) StreamParams(s packager.StreamParams) {
	l.enqueue(&task{apply: func(bool) { l.mirror.SetStreamParams(s) }})
}

// Init copies an initialization section.
func (l *replicaWriter) Init(rendition string, i packager.Init) {
	l.mu.Lock()
	l.kinds[rendition] = i.Track.Kind()
	l.mu.Unlock()
	section := i.Section
	l.enqueue(&task{
		key: recording.InitKey(l.head.Stream, rendition, i.Publication), kind: i.Track.Kind(),
		open:  func() (io.ReadSeekCloser, error) { return memory{bytes.NewReader(section)}, nil },
		apply: func(bool) { l.mirror.AppendInit(rendition, i) },
	})
}

// Segment copies a segment.
func (l *replicaWriter) Segment(rendition string, e packager.Entry, open func() (io.ReadSeekCloser, error)) {
	l.mu.Lock()
	kind := l.kinds[rendition]
	l.mu.Unlock()
	t := &task{
		key: recording.SegmentKey(l.head.Stream, rendition, e), kind: kind, open: open, size: int64(e.Size),
		rendition: rendition, msn: e.MSN,
	}
	if e.Gap {
		t.open, t.size = nil, 0
	}
	t.apply = func(copied bool) {
		if !copied && !e.Gap {
			e.Gap, e.Size, e.KeyFrame = true, 0, packager.KeyFrame{}
			l.retireObject(t.key) // the mirror will not say so of a gap
		}
		l.mirror.Append(rendition, e, nowhere)
		l.mu.Lock()
		l.nextUnhandled[rendition] = max(l.nextUnhandled[rendition], e.MSN+1)
		l.mu.Unlock()
	}
	l.enqueue(t)
}

// nowhere is where the mirror's segments are: nobody reads them through it.
func nowhere(string, packager.Entry) packager.Stored { return nothing{} }

type nothing struct{}

func (nothing) Open() (io.ReadSeekCloser, error) { return nil, packager.ErrGone }

// memory is bytes that need no closing.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// DateRange lists metadata.
func (l *replicaWriter) DateRange(d hls.DateRange) {
	l.enqueue(&task{apply: func(bool) { _ = l.mirror.AddDateRange(d) }}) // it was valid
}

// NextUnhandled says how far a rendition has been copied.
func (l *replicaWriter) NextUnhandled(rendition string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nextUnhandled[rendition]
}

// End says that nothing more comes.
func (l *replicaWriter) End(files []string, done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.files, l.done = true, files, done
	l.notify()
}

// Close gives up what has not been copied.
func (l *replicaWriter) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.addWaiting(-l.waiting)
	l.queue = nil
	l.notify()
}

func (l *replicaWriter) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// run copies until the broadcast has ended and everything is there, or the target
// stops.
func (l *replicaWriter) run() {
	if !l.target.ready() {
		return
	}
	present := map[string]int64{}
	if l.options.Resume != nil {
		var err error
		if present, err = l.listPresent(); err != nil {
			return
		}
	}
	backoff := firstBackoff
	dirty := false
	for {
		batch, over := l.nextBatch(dirty, backoff)
		if over {
			break
		}
		if !l.copyBatch(batch, present) {
			return
		}
		dirty = dirty || len(batch) > 0
		if l.catchingUp(len(batch)) {
			continue // the playlists in the storage are newer
		}
		if dirty && l.writePlaylists() {
			dirty, backoff = false, firstBackoff
		} else if dirty {
			backoff = min(2*backoff, lastBackoff)
		}
	}
	l.finish()
}

// catchingUp reports whether a resumed writer still goes through what was there when it
// began.
func (l *replicaWriter) catchingUp(done int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun -= done
	return l.begun > 0 && len(l.queue) > 0
}

// nextBatch waits for tasks; when playlists are to be written again, no longer than the
// backoff. over means that there will be none.
func (l *replicaWriter) nextBatch(dirty bool, backoff time.Duration) (batch []*task, over bool) {
	var again <-chan time.Time
	if dirty {
		timer := time.NewTimer(backoff)
		defer timer.Stop()
		again = timer.C
	}
	for {
		l.mu.Lock()
		batch = l.queue[:min(len(l.queue), maxBatch):min(len(l.queue), maxBatch)]
		for _, task := range batch {
			task.inFlight = true
		}
		over = l.closed || (len(batch) == 0 && l.ended)
		l.mu.Unlock()
		if over || len(batch) > 0 {
			return batch, over
		}
		select {
		case <-l.wake:
		case <-again:
			return nil, false
		case <-l.target.stop:
			return nil, true
		}
	}
}

// copyBatch copies a batch at once and lists it in order. false means that the target
// stops.
func (l *replicaWriter) copyBatch(batch []*task, present map[string]int64) bool {
	copied := make([]bool, len(batch))
	var group errgroup.Group
	for i, task := range batch {
		if task.open == nil {
			continue
		}
		if size, ok := present[task.key]; ok && (task.size == 0 || size == task.size) {
			copied[i] = true
			continue
		}
		group.Go(func() error {
			err := l.copyTask(task)
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
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return true
	}
	l.queue = l.queue[len(batch):]
	for i, task := range batch {
		if task.size > 0 {
			l.addWaiting(-task.size)
			if !copied[i] {
				l.giveUp(task)
			}
		}
	}
	l.mu.Unlock()
	for i, task := range batch {
		task.apply(copied[i])
	}
	return true
}

func (l *replicaWriter) copyTask(task *task) error {
	if err := l.target.put(task.key, attributes(task.key, task.kind), task.open, l.isClosed); err != nil {
		return err
	}
	if task.size > 0 {
		l.target.metrics.bytes.Add(float64(task.size))
		l.target.metrics.lag.Observe(time.Since(task.since).Seconds())
	}
	return nil
}

// listPresent is what the storage has of the publications that wait.
func (l *replicaWriter) listPresent() (map[string]int64, error) {
	present := make(map[string]int64)
	prefixes := make(map[string]bool)
	l.mu.Lock()
	l.begun = len(l.queue)
	for _, task := range l.queue {
		if prefix := publicationPrefix(task.key); prefix != "" {
			prefixes[prefix] = true
		}
	}
	l.mu.Unlock()
	for prefix := range prefixes {
		err := l.target.retry(func(ctx context.Context) error {
			for info, err := range l.target.cfg.Store.List(ctx, prefix) {
				if err != nil {
					return err
				}
				present[info.Key] = info.Size
			}
			return nil
		}, l.isClosed)
		if err != nil {
			return nil, err
		}
	}
	return present, nil
}
