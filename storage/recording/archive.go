package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// Policy is what becomes of a stream's next broadcast.
type Policy struct {
	Title     string
	Record    bool
	Retention time.Duration // of the recording; 0: for ever
}

// Replica copies broadcasts to another storage.
type Replica interface {
	// Name tells publishers apart; it is part of file names.
	Name() string
	// Writer begins to copy a broadcast.
	Writer(h Head, o WriterOptions) ReplicaWriter
	// Put copies files of the archive, in order, in its own time; done is called when
	// they are there.
	Put(keys []string, done func())
	// Delete removes objects, and all below the prefixes, in its own time.
	// Nothing of the broadcast or recording named is copied any more then. done is called
	// when all is gone, or can't be deleted.
	Delete(id string, keys, prefixes []string, done func())
}

// WriterOptions tell what a writer can't know.
type WriterOptions struct {
	// Resume, for a broadcast of which some may be there, tells the writer what there has
	// been so far, before it begins.
	Resume func(ReplicaWriter)
	Quiet  bool // the broadcast is over: no playlists are to follow it
}

// ReplicaWriter copies one broadcast. Its methods do not block.
type ReplicaWriter interface {
	StreamParams(packager.StreamParams)
	Init(rendition string, i packager.Init)
	Segment(rendition string, e packager.Entry, open func() (io.ReadSeekCloser, error))
	DateRange(d hls.DateRange)
	// TimedObjects lists an object of a series of timed objects, after it was copied; one without items has
	// nothing to copy.
	TimedObjects(name string, e packager.TimedObjectEntry, open func() (io.ReadSeekCloser, error))
	// ExpireTimedObject is what Expire is for segments.
	ExpireTimedObject(name string, e packager.TimedObjectEntry)
	// Expire says that a segment is not needed any more, as soon as no playlist in the
	// storage has listed it for long enough.
	Expire(rendition string, e packager.Entry)
	// NextUnhandled is the number after the newest segment of a rendition that needs no copying
	// any more.
	NextUnhandled(rendition string) int64
	// Lost reports whether a segment was given up.
	Lost(rendition string, msn int64) bool
	// End says that the broadcast is over. Files are then copied, in order, when all
	// media are; if there are none the playlists end as they are. done is called after.
	End(files []string, done func())
	// Close gives up what has not been copied.
	Close()
}

// Remote reads objects back that the disk lacks.
type Remote interface {
	// Open opens an immutable object; it fails with objectstore.ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, objectstore.Info, error)
	// Small is an object that may change, as it was a moment ago; likewise.
	Small(ctx context.Context, key string) ([]byte, objectstore.Info, error)
	// Range reads a part of an immutable object, which is not kept; likewise.
	Range(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Forget drops objects that were deleted.
	Forget(keys ...string)
}

// copying is a writer, and the replica that it belongs to.
type copying struct {
	ReplicaWriter
	to string
}

// Config of an archive.
type Config struct {
	Dir      string          // everything is below it
	Packager packager.Config // how the streams are packaged
	Policy   func(context.Context, media.StreamID) (Policy, error)
	Replicas []Replica
	Remote   Remote // nil: there is none
	FFmpeg   string // "" for no thumbnails and no MP4
	// Deleted, if there is one, is told what was deleted for good: the recording, and
	// prefixes of keys under which nothing is left. It must not block.
	Deleted func(stream media.StreamID, recording string, prefixes []string)
	Log     *slog.Logger
}

// queueLen is how many writes may wait. When there are more, segments stay in memory
// only; what is small and must not be lost is queued all the same.
const queueLen = 1024

// Archive keeps everything that streams produce. One goroutine writes for all of
// them: the media path never waits for a disk. When the disk fails or falls behind,
// segments stay in memory, which the packager bounds by the live window.
type Archive struct {
	cfg     Config
	log     *slog.Logger
	files   *os.Root
	metrics metrics
	failing bool // Run only: the last write failed, and has been logged

	mu      sync.Mutex
	live    map[media.StreamID]*Stream // of broadcasts that go on
	exports map[string]*export
	copying map[string][]copying // of recordings, by ID
	jobs    []job
	closed  bool
	wake    chan struct{} // there may be a job
	cache   viewCache

	// finishing makes recordings, one at a time.
	finishing errgroup.Group
	finish    chan struct{}
	rewriting sync.Mutex // one at a time
	exporting chan struct{}
	stopped   context.Context // of what runs in the background
	stop      context.CancelFunc
}

// Open opens an archive, and if needed makes it.
func Open(cfg Config) (*Archive, error) {
	dir := filepath.Join(cfg.Dir, root)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	files, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	a := &Archive{
		cfg: cfg, log: cfg.Log, files: files, metrics: newMetrics(),
		wake: make(chan struct{}, 1), live: make(map[media.StreamID]*Stream), exports: make(map[string]*export), copying: make(map[string][]copying),
		finish: make(chan struct{}, 1), exporting: make(chan struct{}, parallelExports),
	}
	a.stopped, a.stop = context.WithCancel(context.Background())
	return a, nil
}

// sweepEvery is how often recordings are looked through for those that have expired.
const sweepEvery = 10 * time.Minute

// Run writes until ctx is cancelled, and then what is queued. Recordings that are
// being made then are made at the next start.
func (a *Archive) Run(ctx context.Context) error {
	defer a.finishing.Wait()
	defer a.stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	a.background(a.sweep)
	for {
		a.runJobs(false)
		select {
		case <-a.wake:
		case <-sweep.C:
			a.background(a.sweep)
		case <-ctx.Done():
			a.runJobs(true)
			a.closeJournals()
			return nil
		}
	}
}

// runJobs does what is queued; at the last time nothing is queued afterwards.
func (a *Archive) runJobs(last bool) {
	for {
		a.mu.Lock()
		jobs := a.jobs
		a.jobs = nil
		if len(jobs) == 0 {
			a.closed = last
		}
		a.mu.Unlock()
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			a.runJob(j)
		}
	}
}

// waiting is how much is queued.
func (a *Archive) waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.jobs)
}

// Close closes the archive, which nobody reads any more.
func (a *Archive) Close() error { return a.files.Close() }

// background runs f when no other such task runs, until the archive stops.
func (a *Archive) background(f func(context.Context)) {
	a.finishing.Go(func() error {
		select {
		case a.finish <- struct{}{}:
			defer func() { <-a.finish }()
			f(a.stopped)
		case <-a.stopped.Done():
		}
		return nil
	})
}

func (a *Archive) closeJournals() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.live {
		s.closeJournal()
	}
}

// job is one write or removal.
type job struct {
	write bool
	run   func() error
}

// runJob runs one job. A failing disk is logged when it begins and when it ends, not
// in between.
func (a *Archive) runJob(j job) {
	err := j.run()
	if !j.write {
		return // what can't be removed now goes when its broadcast ends
	}
	switch {
	case err != nil && !a.failing:
		a.log.Error("segments can't be written to disk; live goes on from memory", "dir", a.cfg.Dir, "err", err,
			"advice", "free space on the disk, make it writable, or name another directory with --data")
	case err == nil && a.failing:
		a.log.Info("segments are written to disk again")
	}
	if a.failing = err != nil; a.failing {
		a.metrics.failures.Inc()
		a.metrics.failing.Set(1)
	} else {
		a.metrics.failing.Set(0)
	}
}

// enqueueJob queues a job; false means that the archive has stopped.
func (a *Archive) enqueueJob(j job) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.jobs = append(a.jobs, j)
	select {
	case a.wake <- struct{}{}:
	default:
	}
	return true
}

// localPath is where an object lies on this machine, if it does.
func (a *Archive) localPath(key string) string {
	return filepath.Join(a.cfg.Dir, filepath.FromSlash(key))
}

// Open opens an immutable object, from the disk or the remote storage. It fails with
// objectstore.ErrNotFound.
func (a *Archive) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	f, err := a.files.Open(filepath.FromSlash(key))
	if err == nil {
		return f, nil
	}
	if a.cfg.Remote == nil {
		return nil, notFound(err)
	}
	r, _, remoteErr := a.cfg.Remote.Open(ctx, key)
	if remoteErr != nil {
		return nil, remoteErr
	}
	return r, nil
}

// Small reads an object that may change, from the disk or the remote storage. It
// fails with objectstore.ErrNotFound.
func (a *Archive) Small(ctx context.Context, key string) ([]byte, error) {
	b, err := a.files.ReadFile(filepath.FromSlash(key))
	if err == nil || a.cfg.Remote == nil {
		return b, notFound(err)
	}
	b, _, err = a.cfg.Remote.Small(ctx, key)
	return b, err
}

// notFound makes the disk's words for what isn't there the store's.
func notFound(err error) error {
	if err == nil || errors.Is(err, objectstore.ErrNotFound) {
		return err
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrInvalid) {
		return fmt.Errorf("%w: %w", objectstore.ErrNotFound, err)
	}
	return err
}
