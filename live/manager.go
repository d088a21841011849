package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode"
)

// Authorizer knows the stream keys.
type Authorizer interface {
	// Authorise finds the stream of a key, or fails with ingest.ErrUnauthorized.
	Authorise(ctx context.Context, key string) (media.StreamID, error)
}

// Config of a manager.
type Config struct {
	Settings
	Packager packager.Config
	Ladder   transcode.Ladder
	// FFmpeg is the program; "" means that there is none to be used, so that only
	// the source's own rendition is served.
	FFmpeg string
	// Recorder makes what takes a stream's finished segments. It is closed when the
	// stream is forgotten.
	Recorder func(media.StreamID) Recorder
	// TimedObjects makes what fills objects beside a stream's segments, by name. Each is told
	// when the stream is over; nil: there are none.
	TimedObjects func(media.StreamID) map[string]packager.TimedObjectSource
}

// Recorder is a packager.Recorder with an end.
type Recorder interface {
	packager.Recorder
	// Pause says that the publisher has gone, and everything of it was told.
	Pause()
	// Finish says that nothing more will come.
	Finish()
	// Close says that nobody asks for the stream any more.
	Close()
}

// endedTTL is how long an ended stream can still be watched to its end.
const endedTTL = 5 * time.Minute

// Manager keeps the streams that are on air, or were a moment ago.
type Manager struct {
	cfg  Config
	auth Authorizer
	log  *slog.Logger

	// streams is replaced, never changed: viewers' requests read it without a lock.
	streams atomic.Pointer[map[media.StreamID]*Stream]

	left chan struct{} // holds one: a publisher has gone since Run looked

	mu        sync.Mutex // orders the changes
	closed    bool
	creations map[media.StreamID]chan struct{} // streams that are being made

	refusals refusals
	lines    repeatlog.Lines // about publishers that come and go
}

// NewManager makes a manager without streams.
func NewManager(cfg Config, auth Authorizer, log *slog.Logger) *Manager {
	m := &Manager{cfg: cfg, auth: auth, log: log, left: make(chan struct{}, 1), creations: make(map[media.StreamID]chan struct{})}
	m.streams.Store(&map[media.StreamID]*Stream{})
	return m
}

// Stream finds a stream that is on air or ended a short while ago.
func (m *Manager) Stream(id media.StreamID) (*Stream, bool) {
	s, ok := (*m.streams.Load())[id]
	return s, ok
}

// setStream makes s the stream of that name, or removes it when s is nil. mu is held.
func (m *Manager) setStream(id media.StreamID, s *Stream) {
	changed := maps.Clone(*m.streams.Load())
	if s == nil {
		delete(changed, id)
	} else {
		changed[id] = s
	}
	m.streams.Store(&changed)
}

// Streams lists them, in no order.
func (m *Manager) Streams() []*Stream {
	return slices.Collect(maps.Values(*m.streams.Load()))
}

// State says how a stream is, in one word (see [State]).
func (m *Manager) State(id media.StreamID) string {
	if s, ok := m.Stream(id); ok {
		return string(s.Status().State)
	}
	return string(Offline)
}

// Open implements ingest.Gate.
func (m *Manager) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	id, err := m.authorise(ctx, r)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, handoverTimeout)
	defer cancel()
	for {
		p, current, err := m.claim(id, r)
		if err != nil {
			return nil, err
		}
		if p != nil {
			if err := m.confirm(ctx, p); err != nil {
				return nil, err
			}
			return p, nil
		}
		if !current.yieldTo(waiting) {
			return nil, m.busy(id, r)
		}
	}
}

func (m *Manager) authorise(ctx context.Context, r ingest.Request) (media.StreamID, error) {
	if r.Trusted != "" {
		return r.Trusted, nil
	}
	id, err := m.auth.Authorise(ctx, r.Key)
	if errors.Is(err, ingest.ErrUnauthorized) && m.cfg.Open {
		if id, err = media.ParseStreamID(r.Key); err != nil {
			return "", fmt.Errorf("%w: %w", ingest.ErrUnauthorized, err)
		}
	}
	return id, err
}

// confirm authorises a publication again, now that [Manager.Recheck] would find it: a key
// that was replaced in between must not stay on air. On failure the publication is closed.
func (m *Manager) confirm(ctx context.Context, p *publication) error {
	err := m.stillAuthorised(ctx, p)
	if err == nil {
		return nil
	}
	p.Close(err)
	if errors.Is(err, ingest.ErrKeyReplaced) {
		return fmt.Errorf("%w: %w", ingest.ErrUnauthorized, err)
	}
	return err
}

// stillAuthorised fails with ingest.ErrKeyReplaced if the publication's key does not open
// its stream any more.
func (m *Manager) stillAuthorised(ctx context.Context, p *publication) error {
	id, err := m.authorise(ctx, p.request)
	if errors.Is(err, ingest.ErrUnauthorized) || err == nil && id != p.stream.id {
		return ingest.ErrKeyReplaced
	}
	return err
}

// Recheck authorises again all who publish and disconnects those whose key was replaced.
// Call it when keys may have changed. On error it has not asked for all; call it again.
func (m *Manager) Recheck(ctx context.Context) error {
	for _, s := range m.Streams() {
		p := s.publisher()
		if p == nil {
			continue
		}
		switch err := m.stillAuthorised(ctx, p); {
		case errors.Is(err, ingest.ErrKeyReplaced):
			p.request.Kick(err)
		case err != nil:
			return err
		}
	}
	return nil
}

// claim attaches a new publication to the stream, or returns the one that
// occupies it.
func (m *Manager) claim(id media.StreamID, r ingest.Request) (p, current *publication, err error) {
	for {
		s, creation, err := m.findOrReserve(id)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case s != nil:
			if p, current, ended := s.attach(r); !ended {
				return p, current, nil
			}
		case creation.mine:
			m.create(id, creation)
		default:
			<-creation.done // a recorder is made without waiting for the network
		}
	}
}

// creation is a stream that is being made.
type creation struct {
	done chan struct{} // closed when the manager has it
	mine bool          // the caller has to make it
}

// findOrReserve returns a stream that has not ended, or who makes it: nobody else does while
// the recorder is made, for which no lock is held.
func (m *Manager) findOrReserve(id media.StreamID) (*Stream, creation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, creation{}, ingest.ErrShuttingDown
	}
	if s, ok := m.Stream(id); ok && !s.finished() {
		return s, creation{}, nil
	}
	if done, ok := m.creations[id]; ok {
		return nil, creation{done: done}, nil
	}
	done := make(chan struct{})
	m.creations[id] = done
	return nil, creation{done, true}, nil
}

// create makes a stream in place of the one that has ended, if there is one.
func (m *Manager) create(id media.StreamID, c creation) {
	if old, ok := m.Stream(id); ok {
		old.closeRecorder()
	}
	s := newStream(id, m)
	m.mu.Lock()
	m.setStream(id, s)
	delete(m.creations, id)
	m.mu.Unlock()
	close(c.done)
}

// Remove ends a stream and forgets it at once.
func (m *Manager) Remove(id media.StreamID) {
	m.mu.Lock()
	s, _ := m.Stream(id)
	m.setStream(id, nil)
	m.mu.Unlock()
	if s != nil {
		s.remove(ingest.ErrRemoved)
	}
}

// Resumed is a stream that an earlier run of the server left.
type Resumed struct {
	ID       media.StreamID
	Recorder Recorder
	History  packager.History
	Locate   packager.Locate
	Started  time.Time
}

func (r Resumed) video() bool {
	for _, rendition := range r.History.Renditions {
		if n := len(rendition.Inits); n > 0 && rendition.Inits[n-1].Track.Kind() == media.Video {
			return true
		}
	}
	return false
}

// Resume lets a stream go on: it waits for its publisher as if that had just left. It
// is called before Run.
func (m *Manager) Resume(r Resumed) error {
	s, err := resumeStream(r.ID, m, r)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.setStream(r.ID, s)
	return nil
}

// Run looks after the streams until ctx is cancelled: it ends those whose
// publisher did not come back, and forgets the ended. On return every
// publication has ended, its last segment finished.
func (m *Manager) Run(ctx context.Context) error {
	due := time.NewTimer(0) // streams may have been resumed
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			m.shutDown()
			m.lines.Close()
			return nil
		case <-m.left:
		case <-due.C:
		}
		if next := m.endOverdue(time.Now()); next.IsZero() {
			due.Stop()
		} else {
			due.Reset(time.Until(next))
		}
	}
}

// wake has Run look at the streams. left is full when Run is about to.
func (m *Manager) wake() {
	select {
	case m.left <- struct{}{}:
	default:
	}
}

// endOverdue ends and removes streams, and returns when to look again; zero: when a publisher
// has left.
func (m *Manager) endOverdue(now time.Time) (next time.Time) {
	for _, s := range m.Streams() {
		over, at := s.endIfOverdue(now)
		if !over {
			if next.IsZero() || !at.IsZero() && at.Before(next) {
				next = at
			}
			continue
		}
		m.mu.Lock()
		if now, _ := m.Stream(s.id); now == s {
			m.setStream(s.id, nil)
		}
		m.mu.Unlock()
		s.closeRecorder()
	}
	return next
}

// Served reports whether there is a stream that somebody may be watching.
func (m *Manager) Served() bool {
	for _, s := range m.Streams() {
		if isClosed(s.packager.Ready()) {
			return true
		}
	}
	return false
}

// shutDown ends every publication and waits for them.
func (m *Manager) shutDown() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	var wg sync.WaitGroup
	for _, s := range m.Streams() {
		wg.Go(func() {
			s.shutDown(ingest.ErrShuttingDown)
			s.packager.Halt()
		})
	}
	wg.Wait()
}
