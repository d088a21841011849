package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/globalfandom/lightstick/internal/ttlcache"
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

	recent *ttlcache.Cache[[sha256.Size]byte, struct{}] // the store said yes

	lastLog  atomic.Int64 // Unix seconds of the last line about a failure
	failures prometheus.Counter
	refused  prometheus.Counter
}

// maxRecent bounds what is remembered, in screens: about 40 MB. The store is asked about
// more screens each time.
const maxRecent = 200_000

// New makes a counter on a store.
func New(store Store, metrics prometheus.Registerer, log *slog.Logger) *Screens {
	factory := promauto.With(metrics)
	return &Screens{
		store: store, log: log, recent: ttlcache.New[[sha256.Size]byte, struct{}](maxRecent, refresh),
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
	key := sha256.Sum256([]byte(session + "\x00" + screen))
	if _, known := s.recent.Get(key); known {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	ok, err := s.store.Touch(ctx, digest(session), digest(screen), limit)
	if err != nil {
		s.failed(err)
		return true
	}
	if ok {
		s.recent.Put(key, struct{}{})
	} else {
		s.recent.Remove(key)
		s.refused.Inc()
	}
	return ok
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
