package hls

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// shard is where some of the viewers count. Everything in it is atomic, so that it
// can be read at any time.
type shard struct {
	playlists, media   atomic.Int64 // answers
	bytes              atomic.Int64 // of their bodies
	reconnects         atomic.Int64 // kept connections that the server had closed
	stalls, stalledFor atomic.Int64
	stalledViewers     atomic.Int64
	missed             atomic.Int64 // parts that were gone before they could be fetched

	firstPlaylist, firstPart, spread, latency, reload, fetch measure.Histogram

	_ [64]byte // shards don't share a cache line
}

// numShards is enough for workers not to get in each other's way.
const numShards = 8

// stats are all that is counted in a run.
type stats struct {
	shards [numShards]shard
	up     atomic.Int64 // viewers that have a media playlist

	mu     sync.Mutex
	errors map[string]int64
}

func (s *stats) of(viewer int) *shard { return &s.shards[viewer%numShards] }

// fail counts an error. It is off the usual path.
func (s *stats) fail(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.errors == nil {
		s.errors = map[string]int64{}
	}
	s.errors[kind]++
}

func (s *stats) failures() (byKind map[string]int64, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byKind = make(map[string]int64, len(s.errors))
	for kind, n := range s.errors {
		byKind[kind] = n
		total += n
	}
	return byKind, total
}

func (s *stats) sum(of func(*shard) *atomic.Int64) (n int64) {
	for i := range s.shards {
		n += of(&s.shards[i]).Load()
	}
	return n
}

func (s *stats) requests() int64 {
	return s.sum(func(s *shard) *atomic.Int64 { return &s.playlists }) + s.sum(func(s *shard) *atomic.Int64 { return &s.media })
}

func (s *stats) received() int64 { return s.sum(func(s *shard) *atomic.Int64 { return &s.bytes }) }
func (s *stats) stalls() int64   { return s.sum(func(s *shard) *atomic.Int64 { return &s.stalls }) }

func (s *stats) tally(of func(*shard) *measure.Histogram) *measure.Tally {
	t := &measure.Tally{}
	for i := range s.shards {
		t.Include(of(&s.shards[i]))
	}
	return t
}

// arrivals remembers when the first viewer had each part.
type arrivals struct {
	slots [1 << 10]atomic.Pointer[arrival]
}

type arrival struct {
	position position
	at       time.Time
}

// slotsPerSegment keeps the parts of neighbouring segments apart.
const slotsPerSegment = 61

// first is when the first viewer had the part: now, for that viewer itself.
func (a *arrivals) first(p position, now time.Time) time.Time {
	slot := &a.slots[uint64(p.msn*slotsPerSegment+p.part)%uint64(len(a.slots))]
	for {
		known := slot.Load()
		if known != nil && known.position == p {
			return known.at
		}
		if known != nil && p.before(known.position) {
			return now // so late that nobody remembers
		}
		if slot.CompareAndSwap(known, &arrival{p, now}) {
			return now
		}
	}
}
