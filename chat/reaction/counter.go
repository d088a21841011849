package reaction

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// Config says what may be tapped, and how much.
type Config struct {
	// Emotes are the names that count besides "heart" and colours #rrggbb.
	Emotes []string
	// PerSecond is how many taps of one connection count in a second. Default 50.
	PerSecond int
	// PerCall is how many taps one call may bring. Default 50.
	PerCall int
}

const (
	usualTaps = 50
	// maxNames bounds what is counted of one room between two ticks, in one shard.
	maxNames = 32
	shards   = 32
	// idleTicks is how long a room stands in a shard without a tap: 10 s.
	idleTicks = 50
)

// Counter adds up taps. It is safe for many connections at once, which are spread
// over shards, so that they seldom wait for each other.
type Counter struct {
	names   *names
	config  Config
	seed    maphash.Seed
	sharded [shards]shard
}

type shard struct {
	mu      sync.Mutex
	rooms   map[string]*tally
	allowed allowances
	_       [64]byte // shards that are locked by different cores share no cache line
}

type tally struct {
	sums sums
	idle int
}

// NewCounter makes a counter without a tap.
func NewCounter(config Config) *Counter {
	if config.PerSecond <= 0 {
		config.PerSecond = usualTaps
	}
	if config.PerCall <= 0 {
		config.PerCall = usualTaps
	}
	c := &Counter{names: newNames(config.Emotes), config: config, seed: maphash.MakeSeed()}
	for i := range c.sharded {
		c.sharded[i].rooms = map[string]*tally{}
		c.sharded[i].allowed = newAllowances()
	}
	return c
}

// Add counts taps, by name, that a connection made in a room, and returns how many of
// them count: what is beyond its taps a second does not. The caller has made sure that
// the room exists and that the connection is in it. The error is a
// [message.Refusal]: CodeBad for taps that can't be counted, CodeTooFast when none did.
func (c *Counter) Add(room, from string, taps map[string]int) (int, error) {
	wanted := 0
	for name, count := range taps {
		if _, ok := c.names.key(name); !ok {
			return 0, message.Refuse(message.CodeBad, "there is no such reaction; send \"heart\", an emote's name or a colour such as #ff5fa2")
		}
		if count <= 0 || count > c.config.PerCall {
			return 0, c.refuseCount()
		}
		wanted += count
	}
	if wanted == 0 || wanted > c.config.PerCall {
		return 0, c.refuseCount()
	}
	s := &c.sharded[maphash.String(c.seed, from)%shards]
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	granted := s.allowed.take(from, wanted, c.config.PerSecond, now)
	if granted <= 0 {
		return 0, message.Later(message.CodeTooFast, 200*time.Millisecond, "more than %d reactions a second do not count", c.config.PerSecond)
	}
	s.count(c.names, room, taps, granted)
	return granted, nil
}

func (c *Counter) refuseCount() error {
	return message.Refuse(message.CodeBad, "send 1 to %d reactions at once", c.config.PerCall)
}

// count adds as many of the taps as are granted; which ones, where not all are, does
// not matter to anybody.
func (s *shard) count(names *names, room string, taps map[string]int, granted int) {
	t := s.rooms[room]
	if t == nil {
		t = &tally{sums: sums{}}
		s.rooms[room] = t
	}
	for name, count := range taps {
		k, _ := names.key(name)
		count = min(count, granted)
		if granted -= count; count > 0 {
			t.sums.add(k, count, maxNames)
		}
	}
}

// drain moves what was counted since the last call into all, by room. It tells whether
// rooms with taps are still kept.
func (c *Counter) drain(all map[string]sums) (kept bool) {
	for i := range c.sharded {
		kept = c.sharded[i].drain(all) || kept
	}
	return kept
}

func (s *shard) drain(all map[string]sums) (kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for room, t := range s.rooms {
		if len(t.sums) == 0 {
			if t.idle++; t.idle > idleTicks {
				delete(s.rooms, room)
			}
			continue
		}
		t.idle = 0
		addAll(all, room, t.sums)
		clear(t.sums)
	}
	return len(s.rooms) > 0
}

// addAll adds a room's sums to those of all.
func addAll(all map[string]sums, room string, more sums) {
	sum := all[room]
	if sum == nil {
		sum = make(sums, len(more))
		all[room] = sum
	}
	for k, count := range more {
		sum.add(k, count, maxNames)
	}
}
