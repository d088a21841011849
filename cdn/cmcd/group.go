package cmcd

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// groupKey is what sums are kept by. All three are from closed sets.
type groupKey struct{ stream, cdn, country string }

// group is the sums of the sessions that share a key.
type group struct {
	key      groupKey
	sessions atomic.Int64 // that watch now
	viewers  atomic.Int64 // those of them that watch what is live

	mu        sync.Mutex
	total     totals // since the start; for times see played and stalled
	window    [windowSlices]windowSlice
	delivered Delivery
	heard     time.Time
	// In seconds, since the start: a Duration ends at 2.6 million hours, and 100,000
	// viewers watch that in a day.
	played, stalled float64
}

// What the API shows is of the last five minutes.
const (
	windowSlices = 10
	sliceLength  = 30 * time.Second
	window       = windowSlices * sliceLength
)

type windowSlice struct {
	number int64
	totals
}

// totals are sums. Bytes are estimates.
type totals struct {
	started, requests, stalls, errors int64
	played, stalled                   time.Duration
	bytes                             int64
	latency, buffer, throughput       mean // s, s, bit/s
	startup                           histogram
}

func (t *totals) merge(o *totals) {
	t.started += o.started
	t.requests += o.requests
	t.stalls += o.stalls
	t.errors += o.errors
	t.played += o.played
	t.stalled += o.stalled
	t.bytes += o.bytes
	t.latency.merge(o.latency)
	t.buffer.merge(o.buffer)
	t.throughput.merge(o.throughput)
	t.startup.merge(&o.startup)
}

// mean is a sum with its count.
type mean struct {
	n   int64
	sum float64
}

func (m *mean) add(v float64) { m.n++; m.sum += v }

func (m *mean) merge(o mean) { m.n += o.n; m.sum += o.sum }

func (m mean) value() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum / float64(m.n)
}

// add changes the sums of the group, since the start and in the present slice.
func (g *group) add(now time.Time, change func(*totals)) {
	number := now.UnixNano() / int64(sliceLength)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = now
	before := g.total
	change(&g.total)
	g.delivered.Bytes += g.total.bytes - before.bytes
	g.delivered.Watched += g.total.played - before.played
	g.delivered.Requests += g.total.requests - before.requests
	g.played += (g.total.played - before.played).Seconds()
	g.stalled += (g.total.stalled - before.stalled).Seconds()
	s := &g.window[number%windowSlices]
	if s.number != number {
		*s = windowSlice{number: number}
	}
	change(&s.totals)
}

// recent is the sums of the window.
func (g *group) recent(now time.Time) (sum totals) {
	number := now.UnixNano() / int64(sliceLength)
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.window {
		if s := &g.window[i]; s.number > number-windowSlices && s.number <= number {
			sum.merge(&s.totals)
		}
	}
	return sum
}

func (g *group) all() totals {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total
}

// times are how long its players played and waited since the start, in seconds.
func (g *group) times() (played, stalled float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.played, g.stalled
}

func (g *group) takeDelivery() Delivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.delivered
	g.delivered = Delivery{}
	return d
}

// groups are bounded: of more, the country is told no longer, then the stream.
type groups struct {
	mu        sync.RWMutex
	m         map[groupKey]*group
	countries map[string]bool // that have a label
}

const (
	maxGroups    = 2000 // 5 kB each
	maxCountries = 24
	// groupTTL is how long the sums of a group without sessions are shown.
	groupTTL = time.Hour
)

// init makes the groups that everything fits in.
func (gs *groups) init(cdns []string) {
	gs.m, gs.countries = make(map[groupKey]*group), make(map[string]bool)
	for _, name := range append([]string{Other, None}, cdns...) {
		key := groupKey{Other, name, Nowhere}
		gs.m[key] = &group{key: key}
	}
}

// get finds the group for a key whose stream and CDN are known names.
func (gs *groups) get(key groupKey) *group {
	gs.mu.RLock()
	g, ok := gs.m[key]
	gs.mu.RUnlock()
	if ok {
		return g
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if key.country != Nowhere && !gs.countries[key.country] {
		if len(gs.countries) < maxCountries {
			gs.countries[key.country] = true
		} else {
			key.country = Other
		}
	}
	if g, ok := gs.m[key]; ok {
		return g
	}
	if len(gs.m) >= maxGroups {
		return gs.m[groupKey{Other, key.cdn, Nowhere}]
	}
	g = &group{key: key, heard: time.Now()}
	gs.m[key] = g
	return g
}

func (gs *groups) all() []*group {
	gs.mu.RLock()
	defer gs.mu.RUnlock()
	return slices.Collect(maps.Values(gs.m))
}

// viewers are the sessions that watch a stream live now.
func (gs *groups) viewers(stream string) (n int) {
	gs.mu.RLock()
	defer gs.mu.RUnlock()
	for key, g := range gs.m {
		if key.stream == stream {
			n += int(g.viewers.Load())
		}
	}
	return n
}

// forget drops groups that nobody has been in for long. A session that is about to
// enter one at that moment keeps the pointer: its sums are lost, nothing else. It tells
// whether some are left to be dropped later.
func (gs *groups) forget(now time.Time) (left bool) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for key, g := range gs.m {
		g.mu.Lock()
		idle := now.Sub(g.heard) > groupTTL
		g.mu.Unlock()
		switch {
		case key.stream == Other: // stays
		case idle && g.sessions.Load() == 0:
			delete(gs.m, key)
		default:
			left = true
		}
	}
	return left
}
