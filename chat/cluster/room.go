package cluster

import (
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// Limits of a room's log.
const (
	historySize  = 200       // publications that Redis keeps of a room
	historyTime  = time.Hour // for how long
	historySlack = 64        // the log is cut when it has so many more
	maxLog       = 1000      // publications in the log while Redis is away; the oldest go first
)

// room is the log of a channel: the last publications with their offsets. Offsets have
// no gaps. Up to base they are what Redis says; above it, and only while the room is
// isolated, they are this process's own.
type room struct {
	channel string
	link    *link

	reconcileMu sync.Mutex // before mu: one reconciles it

	mu          sync.Mutex
	holds       int
	subscribed  bool  // the node has subscribers
	gen         int64 // the link's generation that the log is in sync with; 0: none yet
	reconciling bool  // one reconciles it
	again       bool  // something came meanwhile that was not taken
	stale       bool  // it is in sync, but something that Redis sent has not come

	epoch string
	top   uint64
	base  uint64
	items []item

	// unseen are publications that Redis took but has not sent back yet.
	unseen []item
	// Positions between these two, both exclusive, mean different things in different
	// processes: nobody can be recovered from them.
	ambiguousFrom, ambiguousTo uint64
	// Until graceEnd nobody above graceFrom is recovered: others may not have told yet.
	graceFrom uint64
	graceEnd  time.Time
}

// grace is how long after Redis came back the other processes have to say where
// positions mean different things.
const grace = 2 * time.Second

// item is a publication in a log.
type item struct {
	id   string
	pub  *centrifuge.Publication
	at   time.Time
	sent bool // Redis has it, whether or not its history still shows it
}

// hasUnpublished tells whether something was said here that Redis has not. Call it locked.
func (r *room) hasUnpublished() bool { return r.top > r.base || len(r.unseen) > 0 }

// inSync tells whether the log is in sync with Redis. Call it locked.
func (r *room) inSync() bool {
	return r.gen != 0 && r.gen == r.link.gen.Load() && r.link.up.Load()
}

// first is the offset of the first item; top+1 if there is none.
func (r *room) first() uint64 { return r.top + 1 - uint64(len(r.items)) }

func (r *room) has(id string) bool {
	for i := len(r.items) - 1; i >= 0; i-- {
		if r.items[i].id == id {
			return true
		}
	}
	return false
}

// ensureEpoch gives a stream a name that Redis has never named.
func (r *room) ensureEpoch() {
	if r.epoch == "" {
		r.epoch = randomid.New()[:8]
	}
}

// append puts an item behind the others and gives it its offset.
func (r *room) append(it item, limit int) item {
	r.top++
	p := *it.pub
	p.Offset = r.top
	p.Time = 0 // or centrifuge would take a late one for a lost one
	it.pub = &p
	r.items = append(r.items, it)
	if drop := len(r.items) - limit; drop > 0 {
		r.items = append(r.items[:0:0], r.items[drop:]...)
	}
	return it
}

// trim keeps what Redis keeps.
func (r *room) trim(now time.Time) {
	drop := len(r.items) - historySize
	if drop < historySlack {
		drop = 0
	}
	for drop < len(r.items) && now.Sub(r.items[drop].at) > historyTime {
		drop++
	}
	if drop > 0 {
		r.items = append(r.items[:0:0], r.items[drop:]...)
	}
}

// markAmbiguous marks positions that can't be recovered from.
func (r *room) markAmbiguous(from, to uint64) {
	if to <= from+1 {
		return
	}
	if r.ambiguousTo == 0 || r.ambiguousTo < r.first() { // the old ones can't be recovered anyway
		r.ambiguousFrom, r.ambiguousTo = from, to
		return
	}
	r.ambiguousFrom, r.ambiguousTo = min(r.ambiguousFrom, from), max(r.ambiguousTo, to)
}

func (r *room) isAmbiguous(offset uint64, now time.Time) bool {
	if offset > r.ambiguousFrom && offset < r.ambiguousTo || offset > r.graceFrom && now.Before(r.graceEnd) {
		return true
	}
	// Above base each process that is isolated counts for itself.
	return !r.inSync() && offset > r.base
}

// read answers as a broker's History does. Call it locked.
func (r *room) read(f centrifuge.HistoryFilter, now time.Time) ([]*centrifuge.Publication, centrifuge.StreamPosition) {
	r.ensureEpoch()
	if len(r.items) > 0 && now.Sub(r.items[0].at) > historyTime && r.inSync() {
		r.trim(now)
	}
	position := centrifuge.StreamPosition{Offset: r.top, Epoch: r.epoch}
	if f.Limit == 0 {
		return nil, position
	}
	if f.Since != nil && !f.Reverse && f.Since.Offset <= r.top && r.isAmbiguous(f.Since.Offset, now) {
		return r.lost(f.Since.Offset), position
	}
	from, to := selected(f, r.first(), r.top+1)
	pubs := make([]*centrifuge.Publication, 0, to-from)
	for _, it := range r.items[from-r.first() : to-r.first()] {
		pubs = append(pubs, it.pub)
	}
	if f.Reverse {
		slices.Reverse(pubs)
	}
	return pubs, position
}

// lost is an answer from which centrifuge concludes that a client can't be recovered:
// one that does not begin behind their position. (Its own error for this would leave them
// without a position.)
func (r *room) lost(since uint64) []*centrifuge.Publication {
	if since == r.top && len(r.items) > 0 {
		return []*centrifuge.Publication{r.items[len(r.items)-1].pub}
	}
	return nil
}
