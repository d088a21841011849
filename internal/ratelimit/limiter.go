package ratelimit

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/internal/clientnet"
)

// Who takes a token. What is empty has no bucket and sets no limit.
type Who struct {
	User       string
	Connection string
	Address    netip.Addr // IPv6 counts by its /64, which is what one customer gets
	Room       string
}

// Config is what a Limiter allows. The zero Rate is no limit.
type Config struct {
	User, Connection, Address, Room Rate
	// Max bounds the buckets that are kept at once; 0: 262,144, some 10 MB.
	Max int
}

// The kinds of buckets.
const (
	byUser = iota
	byConnection
	byAddress
	byRoom
	kinds
)

const defaultMax = 1 << 18

// Limiter holds buckets. It may be used concurrently.
type Limiter struct {
	interval [kinds]int64 // ns until one token is back; 0: no limit
	depth    [kinds]int64 // ns that an empty bucket takes to fill
	max      int          // buckets of one shard
	epoch    time.Time
	seed     maphash.Seed
	shards   [shards]shard
}

// New makes a Limiter.
func New(c Config) *Limiter {
	if c.Max <= 0 {
		c.Max = defaultMax
	}
	l := &Limiter{max: max(1, c.Max/shards), epoch: time.Now(), seed: maphash.MakeSeed()}
	for kind, rate := range [kinds]Rate{c.User, c.Connection, c.Address, c.Room} {
		l.interval[kind] = int64(rate.interval())
		l.depth[kind] = l.interval[kind] * int64(rate.Burst)
	}
	for i := range l.shards {
		l.shards[i].full = make(map[uint64]int64)
	}
	return l
}

// Take takes one token of each of who's buckets. If one of them is empty it takes
// none, and retry is how long it will be until there is one in all of them.
func (l *Limiter) Take(now time.Time, who Who) (retry time.Duration, ok bool) {
	return l.TakeN(now, who, 1)
}

// TakeN takes n tokens at once. More than a bucket can hold are taken for as many as
// it holds: else nobody could ever have them.
func (l *Limiter) TakeN(now time.Time, who Who, n int) (retry time.Duration, ok bool) {
	if n <= 0 {
		return 0, true
	}
	keys := l.keys(who)
	l.lock(&keys)
	defer l.unlock(&keys)
	at := int64(now.Sub(l.epoch))
	var full [kinds]int64
	var wait int64
	for kind, key := range keys {
		if key == 0 {
			continue
		}
		cost := min(l.interval[kind]*int64(n), l.depth[kind])
		full[kind] = at + cost
		if was, there := l.shard(key).full[key]; there {
			full[kind] = max(was, at) + cost
		}
		wait = max(wait, full[kind]-at-l.depth[kind])
	}
	if wait > 0 {
		return time.Duration(wait), false
	}
	for kind, key := range keys {
		if key != 0 {
			l.shard(key).set(key, full[kind], at, l.max)
		}
	}
	return 0, true
}

// Give brings one token back to each of who's buckets: what Take took was not used.
func (l *Limiter) Give(now time.Time, who Who) {
	keys := l.keys(who)
	l.lock(&keys)
	defer l.unlock(&keys)
	at := int64(now.Sub(l.epoch))
	for kind, key := range keys {
		if key == 0 {
			continue
		}
		s := l.shard(key)
		if full, there := s.full[key]; there {
			if full -= l.interval[kind]; full > at {
				s.full[key] = full
			} else {
				delete(s.full, key) // a full bucket needs no memory
			}
		}
	}
}

// keys names who's buckets by a hash; 0: there is none. Of a million buckets two share
// a hash, and so a bucket, with a probability of 3e-8; the seed is nobody's to know.
func (l *Limiter) keys(who Who) (keys [kinds]uint64) {
	if l.interval[byUser] > 0 && who.User != "" {
		keys[byUser] = l.hash(byUser, who.User)
	}
	if l.interval[byConnection] > 0 && who.Connection != "" {
		keys[byConnection] = l.hash(byConnection, who.Connection)
	}
	if l.interval[byAddress] > 0 && who.Address.IsValid() {
		keys[byAddress] = l.hashAddress(who.Address)
	}
	if l.interval[byRoom] > 0 && who.Room != "" {
		keys[byRoom] = l.hash(byRoom, who.Room)
	}
	return keys
}

func (l *Limiter) hash(kind uint64, text string) uint64 {
	return mix(kind, maphash.String(l.seed, text))
}

func (l *Limiter) hashAddress(a netip.Addr) uint64 {
	b := clientnet.Addr(a).As16()
	return mix(byAddress, maphash.Bytes(l.seed, b[:]))
}

// mix keeps a user apart from a room of the same name. It is never 0.
func mix(kind, hash uint64) uint64 {
	const salt = 0x9E3779B97F4A7C15 // 2^64 / golden ratio: a number without a pattern
	return hash + kind*salt | 1
}

func (l *Limiter) shard(key uint64) *shard { return &l.shards[key>>58] }

// lock locks the shards of the keys, each once and always in the same order.
func (l *Limiter) lock(keys *[kinds]uint64) {
	order := sortedShards(keys)
	for i, n := range order {
		if n != none && (i == 0 || order[i-1] != n) {
			l.shards[n].mu.Lock()
		}
	}
}

func (l *Limiter) unlock(keys *[kinds]uint64) {
	order := sortedShards(keys)
	for i, n := range order {
		if n != none && (i == 0 || order[i-1] != n) {
			l.shards[n].mu.Unlock()
		}
	}
}

const none = 0xFF

func sortedShards(keys *[kinds]uint64) (order [kinds]uint8) {
	for i, key := range keys {
		n := uint8(none)
		if key != 0 {
			n = uint8(key >> 58)
		}
		at := i
		for ; at > 0 && order[at-1] > n; at-- {
			order[at] = order[at-1]
		}
		order[at] = n
	}
	return order
}

// Len is how many buckets are kept, full ones that were not dropped yet included.
func (l *Limiter) Len() int {
	n := 0
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.full)
		s.mu.Unlock()
	}
	return n
}

// Sweep drops idle buckets now. Those of a part of the buckets that is used are dropped
// once a minute without it.
func (l *Limiter) Sweep(now time.Time) {
	at := int64(now.Sub(l.epoch))
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		s.sweep(at)
		s.mu.Unlock()
	}
}
