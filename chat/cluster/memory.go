package cluster

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
)

// memory has the streams of a process that is alone, by channel. What has expired is
// dropped when somebody looks at its stream, and by a timer that runs only while there is
// something to expire.
type memory struct {
	metaTTL time.Duration // of a stream's position, if the options name none

	mu      sync.Mutex
	streams map[string]*memoryStream
	timer   *time.Timer
	due     time.Time // when the timer fires; zero: it does not run
}

// sweepSlack is how long after its expiry the timer drops something that nobody looks at.
// Sweeps are at least as far apart.
const sweepSlack = time.Minute

// idempotentDefault is how long a key is known if the options do not say, as in
// centrifuge.PublishOptions.
const idempotentDefault = 5 * time.Minute

func newMemory(metaTTL time.Duration) *memory {
	m := &memory{metaTTL: metaTTL, streams: make(map[string]*memoryStream), timer: time.NewTimer(0)}
	m.timer.Stop()
	return m
}

// run frees what has expired until ctx ends.
func (m *memory) run(ctx context.Context) error {
	defer m.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.timer.C:
			m.sweep()
		}
	}
}

// acquire finds or makes the stream of a channel, which stays until it is released.
func (m *memory) acquire(channel string) *memoryStream {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.open(channel)
	s.users++
	return s
}

// release undoes acquire.
func (m *memory) release(channel string, s *memoryStream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.users--
	m.dropEmpty(channel, s)
}

// addPublication puts a publication into an acquired stream, if the options want history,
// and returns its position. repeated tells that its idempotency key is known; then the
// position is that of the first publication, and p is not added.
func (m *memory) addPublication(s *memoryStream, p *centrifuge.Publication, opts centrifuge.PublishOptions) (position centrifuge.StreamPosition, repeated bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	s.expire(now)
	if position, repeated = s.findResult(opts.IdempotencyKey, now); repeated {
		return position, true
	}
	p.Time = now.UnixMilli()
	if opts.HistorySize > 0 && opts.HistoryTTL > 0 {
		position = s.append(p, opts.HistorySize)
		s.itemsUntil = now.Add(opts.HistoryTTL)
		s.positionUntil = now.Add(cmp.Or(opts.HistoryMetaTTL, m.metaTTL))
	}
	if opts.IdempotencyKey != "" {
		s.keepResult(opts.IdempotencyKey, position, now.Add(cmp.Or(opts.IdempotentResultTTL, idempotentDefault)))
	}
	m.schedule(s)
	return position, false
}

// history reads a stream, and begins one if there is none, so that clients have a position.
func (m *memory) history(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, now := m.open(channel), time.Now()
	s.expire(now)
	position := s.position()
	s.positionUntil = now.Add(cmp.Or(opts.MetaTTL, m.metaTTL))
	m.schedule(s)
	return s.read(opts.Filter), position
}

// removeHistory removes the publications of a channel.
func (m *memory) removeHistory(channel string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.streams[channel]; s != nil {
		s.items = nil
	}
}

// sweep frees what has expired.
func (m *memory) sweep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = time.Time{}
	now := time.Now()
	for channel, s := range m.streams {
		s.expire(now)
		m.schedule(s)
		m.dropEmpty(channel, s)
	}
}

// open finds or makes a stream. Call it locked, as what follows.
func (m *memory) open(channel string) *memoryStream {
	s := m.streams[channel]
	if s == nil {
		s = &memoryStream{}
		m.streams[channel] = s
	}
	return s
}

// schedule has the timer fire after the next expiry in a stream.
func (m *memory) schedule(s *memoryStream) {
	next := s.nextExpiry()
	if next.IsZero() {
		return
	}
	if due := next.Add(sweepSlack); m.due.IsZero() || due.Before(m.due) {
		m.due = due
		m.timer.Reset(time.Until(due))
	}
}

// dropEmpty drops a stream in which nothing is and to which nobody publishes.
func (m *memory) dropEmpty(channel string, s *memoryStream) {
	if s.users == 0 && s.nextExpiry().IsZero() {
		delete(m.streams, channel)
	}
}
