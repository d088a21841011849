package replication

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Config of a target.
type Config struct {
	Name  string // in metrics, logs and file names
	Store objectstore.Store
	// Check, if there is one, is asked until it finds nothing wrong; nothing is written
	// before.
	Check func(context.Context) error
	// Permanent reports errors that don't pass by themselves.
	Permanent func(error) bool
	// Local opens a file of the archive.
	Local    func(key string) (io.ReadSeekCloser, error)
	Packager packager.Config
	// Spill is how many bytes may wait, on the disk; then the oldest is given up.
	Spill int64
	Log   *slog.Logger
}

const (
	// parallel is how many objects a target is sent at once.
	parallel = 16
	// attemptTimeout bounds one attempt at anything; one to store an object may take
	// longer by what it takes to send it at slowest bytes a second.
	attemptTimeout = 30 * time.Second
	slowest        = 128 << 10
	// The wait after a failure doubles from the first to the last of these; half of it
	// is left to chance, so that writers don't come back all at once.
	firstBackoff, lastBackoff = 200 * time.Millisecond, 10 * time.Second
	// misconfigured is the wait after a failure that doesn't pass by itself.
	misconfigured = 30 * time.Second
	// farewell is how long a stopping target goes on with what waits; the rest is
	// copied after the next start.
	farewell = 5 * time.Second
)

// Target copies broadcasts to one storage. It implements recording.Replica.
type Target struct {
	cfg     Config
	log     *slog.Logger
	metrics metrics
	slots   chan struct{} // held by those that talk to the storage

	ctx     context.Context // of everything that the target does
	cancel  context.CancelFunc
	work    sync.WaitGroup
	stop    chan struct{} // closed: do no more than is in hand
	checked chan struct{} // closed: Check has found nothing wrong

	// playlists is held for reading by those who write playlists, and for writing by
	// who deletes some.
	playlists sync.RWMutex

	mu      sync.Mutex
	failing bool
	owners  map[media.StreamID]string  // the broadcast that a stream's playlists are of
	writers map[string][]chan struct{} // those that run, by broadcast; closed at their end

	puts, deletions *targetQueue
}

// New makes a target. Run must be called.
func New(cfg Config) *Target {
	if cfg.Permanent == nil {
		cfg.Permanent = func(error) bool { return false }
	}
	cfg.Packager.Static, cfg.Packager.Base = true, ""
	t := &Target{
		cfg: cfg, log: cfg.Log.With("storage", cfg.Name), metrics: newMetrics(cfg.Name), slots: make(chan struct{}, parallel),
		stop: make(chan struct{}), checked: make(chan struct{}), owners: make(map[media.StreamID]string), writers: make(map[string][]chan struct{}),
		puts: newTargetQueue(), deletions: newTargetQueue(),
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Name implements recording.Replica.
func (t *Target) Name() string { return t.cfg.Name }

// Run copies until ctx is cancelled, and then for a moment what waits.
func (t *Target) Run(ctx context.Context) error {
	defer t.cancel()
	t.work.Go(t.check)
	t.work.Go(func() { t.puts.run(t, func(e targetTask) bool { return t.putFiles("", e.files) }) })
	t.work.Go(func() { t.deletions.run(t, t.delete) })
	<-ctx.Done()
	close(t.stop)
	timer := time.AfterFunc(farewell, t.cancel)
	defer timer.Stop()
	t.work.Wait()
	return nil
}

// check waits until the storage is what it should be.
func (t *Target) check() {
	if t.cfg.Check == nil {
		close(t.checked)
		return
	}
	err := t.retry(func(ctx context.Context) error { return t.cfg.Check(ctx) }, nil)
	if err == nil {
		close(t.checked)
		t.log.Info("storage is ready")
	}
}

// ready waits for check; false means that the target stops before.
func (t *Target) ready() bool {
	select {
	case <-t.checked:
		return true
	case <-t.ctx.Done():
		return false
	case <-t.stop:
		return false
	}
}

// errGivenUp ends the attempts to copy something.
var errGivenUp = errors.New("replication: given up")

// retry calls f, one slot held, until it succeeds, the target stops, or givenUp
// reports that nobody needs it any more. It fails with errGivenUp or the context's
// error.
func (t *Target) retry(f func(context.Context) error, givenUp func() bool) error {
	backoff := firstBackoff
	for {
		if givenUp != nil && givenUp() {
			return errGivenUp
		}
		err := t.attempt(attemptTimeout, f)
		switch {
		case err == nil:
			t.recovered()
			return nil
		case t.ctx.Err() != nil:
			return t.ctx.Err()
		case errors.Is(err, errGivenUp):
			return err
		}
		t.failed(err)
		wait := backoff/2 + rand.N(backoff/2+1)
		if t.cfg.Permanent(err) {
			wait = misconfigured
		}
		backoff = min(2*backoff, lastBackoff)
		if !t.sleep(wait) {
			return context.Canceled
		}
	}
}

// sleep waits; false means that the target stops, and that nothing is tried again.
func (t *Target) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.stop:
	case <-t.ctx.Done():
	}
	return false
}

func (t *Target) attempt(limit time.Duration, f func(context.Context) error) error {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.ctx, limit)
	defer cancel()
	return f(ctx)
}

// failed logs the first of a run of failures.
func (t *Target) failed(err error) {
	t.metrics.retries.Inc()
	t.mu.Lock()
	first := !t.failing
	t.failing = true
	t.mu.Unlock()
	t.metrics.failing.Set(1)
	if first {
		t.log.Error("storage can't be written to; live goes on, and what waits is kept on disk", "err", err)
	}
}

func (t *Target) recovered() {
	t.mu.Lock()
	again := t.failing
	t.failing = false
	t.mu.Unlock()
	t.metrics.failing.Set(0)
	if again {
		t.log.Info("storage can be written to again")
	}
}

// put stores an object, whatever it takes. It fails with errGivenUp when its bytes
// are gone.
func (t *Target) put(key string, a objectstore.Attributes, open func() (io.ReadSeekCloser, error), givenUp func() bool) error {
	return t.retry(func(context.Context) error {
		body, err := open()
		if errors.Is(err, packager.ErrGone) || errors.Is(err, os.ErrNotExist) || errors.Is(err, objectstore.ErrNotFound) {
			return errGivenUp
		}
		if err != nil {
			return err
		}
		defer body.Close()
		size, err := body.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.ctx, attemptTimeout+time.Duration(size)*time.Second/slowest)
		defer cancel()
		if err := t.cfg.Store.Put(ctx, key, body, a); err != nil {
			return err
		}
		t.metrics.objects.Inc()
		return nil
	}, givenUp)
}

// Writer implements recording.Replica.
func (t *Target) Writer(h recording.Head, o recording.WriterOptions) recording.ReplicaWriter {
	l := newReplicaWriter(t, h, o)
	if o.Resume != nil {
		o.Resume(l)
	}
	ended := make(chan struct{})
	t.mu.Lock()
	t.writers[h.ID] = append(t.writers[h.ID], ended)
	// Of what an earlier run left the newest counts; what begins now, whatever the clock.
	if owner := t.owners[h.Stream]; !o.Quiet && (o.Resume == nil || h.ID > owner) {
		t.owners[h.Stream] = h.ID
	}
	t.mu.Unlock()
	t.work.Go(func() {
		l.run()
		t.mu.Lock()
		defer t.mu.Unlock()
		close(ended)
		t.writers[h.ID] = slices.DeleteFunc(t.writers[h.ID], func(c chan struct{}) bool { return c == ended })
		if len(t.writers[h.ID]) == 0 {
			delete(t.writers, h.ID)
		}
		if t.owners[h.Stream] == h.ID {
			delete(t.owners, h.Stream)
		}
	})
	return l
}

// running are the writers of a broadcast that have not ended.
func (t *Target) running(id string) []chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.writers[id])
}

// owns reports whether the stream's playlists are those of the broadcast.
func (t *Target) owns(h recording.Head) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.owners[h.Stream] == h.ID
}
