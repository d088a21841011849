package replication

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

const (
	// parallel is how many requests a storage is sent at once.
	parallel = 16
	// attemptTimeout bounds one attempt at anything; one to store an object may take
	// longer by what it takes to send it at slowestUpload bytes a second.
	attemptTimeout = 30 * time.Second
	slowestUpload  = 128 << 10
	// The wait after a failure doubles from the first to the last of these; half of it
	// is left to chance, so that writers don't come back all at once.
	firstBackoff, lastBackoff = 200 * time.Millisecond, 10 * time.Second
	// permanentBackoff is the wait after a failure that doesn't pass by itself.
	permanentBackoff = 30 * time.Second
)

// sender sends requests to a storage, again and again until they succeed.
type sender struct {
	store     objectstore.Store
	permanent func(error) bool
	metrics   *metrics
	log       *slog.Logger
	slots     chan struct{} // held by those that talk to the storage
	failing   atomic.Bool   // the last request failed, and that has been logged

	ctx      context.Context // of all requests
	cancel   context.CancelFunc
	stopping chan struct{} // closed: do no more than what is being done
}

func newSender(store objectstore.Store, permanent func(error) bool, m *metrics, log *slog.Logger) *sender {
	s := &sender{
		store: store, permanent: permanent, metrics: m, log: log,
		slots: make(chan struct{}, parallel), stopping: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// errGivenUp ends the attempts to copy something.
var errGivenUp = errors.New("replication: given up")

// retry calls f, one slot held, until it succeeds, the replica stops, or givenUp
// reports that it is not needed any more. It fails with errGivenUp or the context's
// error.
func (s *sender) retry(f func(context.Context) error, givenUp func() bool) error {
	backoff := newBackoff()
	for {
		if givenUp != nil && givenUp() {
			return errGivenUp
		}
		err := s.attempt(f)
		switch {
		case err == nil:
			return nil
		case s.ctx.Err() != nil:
			return s.ctx.Err()
		case errors.Is(err, errGivenUp):
			return err
		}
		wait := backoff.Next()
		if s.permanent(err) {
			wait = permanentBackoff
		}
		if !s.sleep(wait) {
			return context.Canceled
		}
	}
}

func newBackoff() retry.Backoff { return retry.Backoff{First: firstBackoff, Last: lastBackoff} }

// sleep waits; false means that the replica stops, and that nothing is tried again.
func (s *sender) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stopping:
	case <-s.ctx.Done():
	}
	return false
}

// attempt calls f once, one slot held, and notes whether the storage can be written to.
func (s *sender) attempt(f func(context.Context) error) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(s.ctx, attemptTimeout)
	defer cancel()
	err := f(ctx)
	if err == nil {
		s.noteSuccess()
	} else if s.ctx.Err() == nil && !errors.Is(err, errGivenUp) {
		s.noteFailure(err)
	}
	return err
}

// noteFailure logs the first of a run of failures.
func (s *sender) noteFailure(err error) {
	s.metrics.retries.Inc()
	s.metrics.failing.Set(1)
	if !s.failing.Swap(true) {
		s.log.Error("storage can't be written to; streams go on, and uploads wait on disk", "err", err)
	}
}

func (s *sender) noteSuccess() {
	s.metrics.failing.Set(0)
	if s.failing.Swap(false) {
		s.log.Info("storage can be written to again")
	}
}

// lifetime ends when nothing is sent any more.
func (s *sender) lifetime() context.Context { return s.ctx }

// drain lets what is being sent go on for so long; nothing new is tried then.
func (s *sender) drain(limit time.Duration) (stop func() bool) {
	close(s.stopping)
	return time.AfterFunc(limit, s.cancel).Stop
}

// waitFor waits for something; false means that the replica stops before.
func (s *sender) waitFor(event <-chan struct{}) bool {
	select {
	case <-event:
		return true
	case <-s.stopping:
		return false
	}
}

// putOnce stores an object in one attempt.
func (s *sender) putOnce(key string, a objectstore.Attributes, text []byte) error {
	return s.attempt(func(ctx context.Context) error {
		if err := s.store.Put(ctx, key, bytes.NewReader(text), a); err != nil {
			return err
		}
		s.metrics.objects.Inc()
		return nil
	})
}

// put stores an object, whatever it takes. It fails with errGivenUp when its bytes
// are gone.
func (s *sender) put(key string, a objectstore.Attributes, open func() (io.ReadSeekCloser, error), givenUp func() bool) error {
	return s.retry(func(context.Context) error {
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
		ctx, cancel := context.WithTimeout(s.ctx, attemptTimeout+time.Duration(size)*time.Second/slowestUpload)
		defer cancel()
		if err := s.store.Put(ctx, key, body, a); err != nil {
			return err
		}
		s.metrics.objects.Inc()
		return nil
	}, givenUp)
}
