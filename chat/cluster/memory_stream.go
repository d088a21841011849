package cluster

import (
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
	"github.com/globalfandom/lightstick/internal/randomid"
)

// memoryStream is what the memory has of a channel. The memory's lock guards all but order.
type memoryStream struct {
	order sync.Mutex // held while a publication is added and handed over; before the memory's
	users int        // those that hold order or wait for it

	epoch         string // "": it has no position
	top           uint64 // the offset of the last publication
	positionUntil time.Time
	items         []*centrifuge.Publication // the last ones, up to top without gaps
	itemsUntil    time.Time                 // all expire at once, some time after the last was added

	results map[string]result // by idempotency key
	keys    []expiringKey     // of the results, in the order in which they came
}

// result is where a publication with an idempotency key got.
type result struct {
	position centrifuge.StreamPosition
	until    time.Time
}

type expiringKey struct {
	key   string
	until time.Time
}

// expire drops what has expired.
func (s *memoryStream) expire(now time.Time) {
	if !now.Before(s.positionUntil) {
		s.epoch, s.top, s.items = "", 0, nil
	}
	if !now.Before(s.itemsUntil) {
		s.items = nil
	}
	for len(s.keys) > 0 && !now.Before(s.keys[0].until) {
		key := s.keys[0].key
		if !now.Before(s.results[key].until) { // it may have come again since
			delete(s.results, key)
		}
		s.keys = s.keys[1:]
	}
	if len(s.keys) == 0 {
		s.results, s.keys = nil, nil
	}
}

// nextExpiry is when something expires; zero: nothing is left. A key that expires before
// those that came earlier is left out.
func (s *memoryStream) nextExpiry() (next time.Time) {
	if s.epoch != "" {
		next = s.positionUntil
	}
	if len(s.items) > 0 && s.itemsUntil.Before(next) {
		next = s.itemsUntil
	}
	if len(s.keys) > 0 && (next.IsZero() || s.keys[0].until.Before(next)) {
		next = s.keys[0].until
	}
	return next
}

// position is where the stream ends. A stream that has no position gets a new epoch.
func (s *memoryStream) position() centrifuge.StreamPosition {
	if s.epoch == "" {
		s.epoch = randomid.New()[:8]
	}
	return centrifuge.StreamPosition{Offset: s.top, Epoch: s.epoch}
}

// append puts a publication behind the others, of which size at most are left.
func (s *memoryStream) append(p *centrifuge.Publication, size int) centrifuge.StreamPosition {
	s.top++
	p.Offset = s.top
	s.items = append(s.items, p)
	if drop := len(s.items) - size; drop > 0 {
		clear(s.items[:drop])
		s.items = s.items[drop:]
	}
	return s.position()
}

// keepResult remembers a publication by its idempotency key.
func (s *memoryStream) keepResult(key string, position centrifuge.StreamPosition, until time.Time) {
	if s.results == nil {
		s.results = make(map[string]result)
	}
	s.results[key] = result{position, until}
	s.keys = append(s.keys, expiringKey{key, until})
}

// findResult finds where a publication got, by its idempotency key.
func (s *memoryStream) findResult(key string, now time.Time) (centrifuge.StreamPosition, bool) {
	r, known := s.results[key]
	return r.position, known && now.Before(r.until)
}

// read finds what a filter selects.
func (s *memoryStream) read(f centrifuge.HistoryFilter) []*centrifuge.Publication {
	first := s.top + 1 - uint64(len(s.items))
	from, end := reconcile.Selected(f, first, s.top+1)
	pubs := slices.Clone(s.items[from-first : end-first])
	if f.Reverse {
		slices.Reverse(pubs)
	}
	return pubs
}
