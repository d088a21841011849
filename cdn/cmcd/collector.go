package cmcd

import (
	"cmp"
	"context"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/ticker"
	"github.com/globalfandom/lightstick/internal/ttlcache"
)

// Config of a collector. Zero values get the defaults named.
type Config struct {
	// CDNs are the names that reports may count for; all others count for [Other].
	CDNs []string
	// Stream tells whether a stream exists: others count for [Other]. It is asked
	// rarely; nil: none does.
	Stream func(id string) bool
	// MaxSessions bounds the sessions that are remembered; default 200,000 (60 MB).
	// Reports of more are counted, not used.
	MaxSessions int
	// OnDelivered is called every few seconds for each group with what was delivered
	// since, by one goroutine; nil: nobody wants to know.
	OnDelivered func(Delivery)
}

// Delivery is what the players of a group were delivered, as their reports let it
// be estimated: bit rate times time played where a player sends events, else bit
// rate times duration of the objects asked for.
type Delivery struct {
	Stream, CDN, Country string
	Bytes                int64
	Watched              time.Duration
	Requests             int64 // as far as reported: events of media requests only
	At                   time.Time
}

// Labels for what is not one of the names that are known.
const (
	Other   = "other"   // a name that is not among them
	None    = "none"    // CDN: the player named none
	Nowhere = "unknown" // country: nobody named it
)

// How long a silent session counts as watching, and how long it is remembered, so that
// its next report goes on where the last one was: one and a half, and three intervals
// of 30 s, which CTA-5004-B has by default. A player that says that it has ended or was
// quit counts no longer at once.
const (
	watchingTTL = 45 * time.Second
	sessionTTL  = 90 * time.Second
)

// An Observation is a report and what its sender did not say itself.
type Observation struct {
	Report
	Stream  string // from the path of a media request; "": what the report says
	Country string // two letters, or ""
	Address netip.Addr
}

// Collector adds reports up. Its methods may be called concurrently.
type Collector struct {
	cfg    Config
	seed   maphash.Seed
	shards [shards]shard
	count  atomic.Int64 // sessions
	groups groups
	health map[string]*health            // by CDN; fixed
	known  *ttlcache.Cache[string, bool] // which streams exist
	voters voters
	offers chan offer
	upkeep *ticker.OnDemand // while there are sessions or groups
	counts counts
}

const shards = 64

type shard struct {
	mu       sync.Mutex
	sessions map[string]*session
}

// New makes a collector; Run makes it forget and report.
func New(cfg Config) *Collector {
	cfg.MaxSessions = cmp.Or(cfg.MaxSessions, 200_000)
	c := &Collector{
		cfg: cfg, seed: maphash.MakeSeed(), offers: make(chan offer, maxOffers), upkeep: ticker.New(upkeepEvery),
		health: make(map[string]*health, len(cfg.CDNs)), known: ttlcache.New[string, bool](maxKnown, knownFor),
	}
	for i := range c.shards {
		c.shards[i].sessions = make(map[string]*session)
	}
	for _, name := range cfg.CDNs {
		c.health[name] = &health{}
	}
	c.groups.init(cfg.CDNs)
	return c
}

// upkeepEvery is how often the collector forgets sessions and reports deliveries.
const upkeepEvery = 5 * time.Second

// Run takes the offered reports, forgets sessions and reports deliveries until ctx ends.
func (c *Collector) Run(ctx context.Context) error {
	defer c.upkeep.Stop()
	for {
		select {
		case <-ctx.Done():
			c.deliver()
			return nil
		case o := <-c.offers:
			c.take(o)
		case now := <-c.upkeep.C:
			c.upkeep.Do(func() bool {
				c.expire(now)
				groups := c.groups.forget(now)
				c.deliver()
				return groups || c.count.Load() > 0
			})
		}
	}
}

// Observe counts a report.
func (c *Collector) Observe(o Observation) {
	c.counts.ignored.Add(uint64(o.Ignored))
	if o.Session == "" {
		c.counts.anonymous.Add(1)
		return
	}
	now := time.Now()
	sh := &c.shards[maphash.String(c.seed, o.Session)%shards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, ok := sh.sessions[o.Session]
	if !ok {
		if c.count.Load() >= int64(c.cfg.MaxSessions) {
			c.counts.full.Add(1)
			return
		}
		admitted, votes := c.voters.admit(o.Address, max(maxVotes, c.cfg.MaxSessions/sessionShare))
		if !admitted {
			c.counts.crowded.Add(1)
			return
		}
		s = &session{votes: votes, address: o.Address}
		sh.sessions[o.Session] = s
		c.count.Add(1)
	}
	c.place(s, &o, now)
	s.observe(c, &o.Report, now)
	watching := !s.state.left() || o.Event == "" && o.State == Unknown
	s.count(watching, watching && !o.Recorded)
	c.upkeep.Wake()
}

// Viewers are how many players report that they watch a stream live: of those that
// report with a session. Recordings' viewers don't count.
func (c *Collector) Viewers(stream string) int { return c.groups.viewers(stream) }

// place moves a session to the group that a report says.
func (c *Collector) place(s *session, o *Observation, now time.Time) {
	key := groupKey{stream: cmp.Or(o.Stream, o.Content), cdn: o.CDN, country: o.Country}
	failedElsewhere := o.Event == "e" && s.group != nil // where the error was, not where the session is now
	if s.group != nil && (key.cdn == "" || failedElsewhere) {
		key.cdn = s.asked.cdn
	}
	if s.group != nil && key.stream == "" {
		key.stream = s.asked.stream
	}
	if s.group != nil && key.country == "" {
		key.country = s.asked.country
	}
	if s.group != nil && key == s.asked {
		return
	}
	s.asked = key
	g := c.groups.get(c.named(key))
	if g == s.group {
		return
	}
	if s.group != nil {
		s.count(false, false)
	}
	s.group = g
	g.add(now, func(t *totals) { t.started++ })
}

// named replaces names that are not known.
func (c *Collector) named(key groupKey) groupKey {
	if key.stream == "" || !c.exists(key.stream) {
		key.stream = Other
	}
	if key.cdn == "" || key.cdn == None {
		key.cdn = None
	} else if c.health[key.cdn] == nil {
		key.cdn = Other
	}
	key.country = cmp.Or(key.country, Nowhere)
	return key
}

// expire forgets the sessions that have been silent.
func (c *Collector) expire(now time.Time) {
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		for id, s := range sh.sessions {
			silent := now.Sub(s.seen)
			if silent > watchingTTL {
				s.count(false, false)
			}
			if silent > sessionTTL {
				c.voters.leave(s.address)
				delete(sh.sessions, id)
				c.count.Add(-1)
			}
		}
		sh.mu.Unlock()
	}
}

func (c *Collector) deliver() {
	if c.cfg.OnDelivered == nil {
		return
	}
	now := time.Now()
	for _, g := range c.groups.all() {
		if d := g.takeDelivery(); d != (Delivery{}) {
			d.Stream, d.CDN, d.Country, d.At = g.key.stream, g.key.cdn, g.key.country, now
			c.cfg.OnDelivered(d)
		}
	}
}

// How many streams are remembered to exist or not, and for how long.
const (
	knownFor = 30 * time.Second
	maxKnown = 4096
)

// exists reports whether there is a stream.
func (c *Collector) exists(id string) bool {
	if c.cfg.Stream == nil {
		return false
	}
	known, ok := c.known.Get(id)
	if !ok {
		known = c.cfg.Stream(id)
		c.known.Put(id, known)
	}
	return known
}
