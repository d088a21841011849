package replication

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Config of a replica.
type Config struct {
	Name  string // in metrics, logs and file names
	Store objectstore.Store
	// Check, if there is one, is asked until it finds nothing wrong; nothing is written
	// before.
	Check func(context.Context) error
	// Permanent reports errors that don't pass by themselves.
	Permanent func(error) bool
	// Local opens a file of the library.
	Local    func(key string) (io.ReadSeekCloser, error)
	Packager packager.Config
	Settings
	Log *slog.Logger
}

// drainTime is how long a stopping replica goes on with what waits; the rest is copied
// after the next start.
const drainTime = 5 * time.Second

// BucketReplica copies broadcasts to one storage. It implements recording.Replica.
type BucketReplica struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	sender  *sender
	writers *writerRegistry
	work    sync.WaitGroup
	checked chan struct{} // closed: Check has found nothing wrong

	puts, deletions *taskQueue
}

// New makes a replica. Run must be called.
func New(cfg Config) *BucketReplica {
	if cfg.Permanent == nil {
		cfg.Permanent = func(error) bool { return false }
	}
	cfg.Packager.Static, cfg.Packager.Base = true, ""
	log, m := cfg.Log.With("storage", cfg.Name), newMetrics(cfg.Name)
	return &BucketReplica{
		cfg: cfg, log: log, metrics: m, sender: newSender(cfg.Store, cfg.Permanent, m, log), writers: newWriterRegistry(),
		checked: make(chan struct{}), puts: newTaskQueue(), deletions: newTaskQueue(),
	}
}

// Name implements recording.Replica.
func (b *BucketReplica) Name() string { return b.cfg.Name }

// Run copies until ctx is cancelled, and then for a moment what waits.
func (b *BucketReplica) Run(ctx context.Context) error {
	defer b.sender.cancel()
	b.work.Go(b.check)
	b.work.Go(func() { b.runTasks(b.puts, func(t task) bool { return b.putFiles("", t.files) }) })
	b.work.Go(func() { b.runTasks(b.deletions, b.delete) })
	<-ctx.Done()
	defer b.sender.drain(drainTime)()
	b.work.Wait()
	return nil
}

// check waits until the storage is what it should be.
func (b *BucketReplica) check() {
	if b.cfg.Check == nil {
		close(b.checked)
		return
	}
	if err := b.sender.retry(b.cfg.Check, nil); err == nil {
		close(b.checked)
		b.log.Info("storage is ready")
	}
}

// ready waits for check; false means that the replica stops before.
func (b *BucketReplica) ready() bool {
	return b.sender.waitFor(b.checked)
}

// Writer implements recording.Replica.
func (b *BucketReplica) Writer(h recording.Head, o recording.WriterOptions) recording.ReplicaWriter {
	w := newReplicaWriter(b, h, o.Resume != nil)
	if o.Resume != nil {
		o.Resume(w)
	}
	ended := b.writers.add(h, o)
	b.work.Go(func() {
		if b.ready() {
			w.run()
		}
		b.writers.remove(h, ended)
	})
	return w
}

// Put implements recording.Replica.
func (b *BucketReplica) Put(keys []string, done func()) { b.puts.add(task{files: keys, done: done}) }

// putFiles copies files of the library, one after the other. false means that the
// replica stops.
func (b *BucketReplica) putFiles(id string, keys []string) bool {
	for _, key := range keys {
		open := func() (io.ReadSeekCloser, error) {
			if isStreamPlaylist(key) && b.writers.ownedByOther(streamOf(key), id) {
				return nil, errGivenUp
			}
			return b.cfg.Local(key)
		}
		err := b.sender.put(key, attributes(key, media.Video), open, nil)
		if err != nil && !errors.Is(err, errGivenUp) {
			return false
		}
	}
	return true
}
