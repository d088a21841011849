package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const (
	// Idle is how long a screen is held after it was last heard of.
	Idle = 30 * time.Second
	// refresh is how often the store hears of a screen that keeps asking. Edges may
	// keep a verdict for 10 s beside that: together it is half of Idle.
	refresh = 5 * time.Second
	// askTimeout bounds one question to the store.
	askTimeout = 500 * time.Millisecond
)

// Store counts screens for all who share it. It may be used concurrently.
type Store interface {
	// Touch notes that a screen of a session watches, and reports whether it may: it
	// is one of those that are held, or fewer than limit are.
	Touch(ctx context.Context, session, screen string, limit int) (bool, error)
}

// Screens answers from memory what a store said a moment ago.
type Screens struct {
	store Store
	log   *slog.Logger

	mu     sync.Mutex
	recent map[[sha256.Size]byte]time.Time // when the store last said yes
	swept  time.Time

	lastLog  atomic.Int64 // Unix seconds of the last line about a failure
	failures prometheus.Counter
	refused  prometheus.Counter
}

// maxRecent bounds what is remembered, in screens: about 20 MB. When it is full, and
// sweeping does not help, the store is asked each time.
const maxRecent = 200_000

// New makes a counter on a store.
func New(store Store, metrics prometheus.Registerer, log *slog.Logger) *Screens {
	factory := promauto.With(metrics)
	return &Screens{
		store: store, log: log, recent: make(map[[sha256.Size]byte]time.Time), swept: time.Now(),
		failures: factory.NewCounter(prometheus.CounterOpts{
			Name: "lightstick_playback_screen_errors_total",
			Help: "Questions about screens that the store could not answer: they were answered with yes.",
		}),
		refused: factory.NewCounter(prometheus.CounterOpts{
			Name: "lightstick_playback_screens_refused_total", Help: "Answers that a ticket is in use on all its screens.",
		}),
	}
}

// Allow reports whether a screen of a session may watch now, when the session has so many.
func (s *Screens) Allow(ctx context.Context, session, screen string, limit int) bool {
	now := time.Now()
	key := sha256.Sum256([]byte(session + "\x00" + screen))
	s.mu.Lock()
	last, known := s.recent[key]
	s.mu.Unlock()
	if known && now.Sub(last) < refresh {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	ok, err := s.store.Touch(ctx, digest(session), digest(screen), limit)
	if err != nil {
		s.failed(err)
		return true
	}
	s.note(key, ok, now)
	if !ok {
		s.refused.Inc()
	}
	return ok
}

func (s *Screens) note(key [sha256.Size]byte, ok bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok {
		delete(s.recent, key)
		return
	}
	if len(s.recent) >= maxRecent && now.Sub(s.swept) > refresh {
		s.swept = now
		for k, at := range s.recent {
			if now.Sub(at) >= refresh {
				delete(s.recent, k)
			}
		}
	}
	if _, known := s.recent[key]; known || len(s.recent) < maxRecent {
		s.recent[key] = now
	}
}

// failed notes that the store did not answer; a line in ten seconds is enough.
func (s *Screens) failed(err error) {
	s.failures.Inc()
	now, last := time.Now().Unix(), s.lastLog.Load()
	if now-last >= 10 && s.lastLog.CompareAndSwap(last, now) {
		s.log.Error("screens are not counted: everybody with a ticket may watch", "err", err)
	}
}

// digest makes names of any length, with anything in them, short and harmless.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
