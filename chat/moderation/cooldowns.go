package moderation

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// Cooldowns lets one thing happen per key and interval: a message in slow mode, a text
// that is repeated. Where several processes serve a room, they share it.
type Cooldowns interface {
	// Take takes the key for an interval: 0 if it was free, else how long it is taken
	// still.
	Take(ctx context.Context, key string, interval time.Duration) (wait time.Duration, err error)
	// Give gives a key back before its time: what it was taken for did not happen.
	Give(ctx context.Context, key string) error
}

const (
	tickShards = 32
	// shardTicks bounds the keys of a shard. When it is full of keys that are taken,
	// one is forgotten: somebody may write too early.
	shardTicks = 16 << 10
)

// MemoryCooldowns are those of one process.
type MemoryCooldowns struct {
	seed   maphash.Seed
	shards [tickShards]cooldownShard
}

type cooldownShard struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// NewMemoryCooldowns makes Cooldowns in memory, of at most half a million keys.
func NewMemoryCooldowns() *MemoryCooldowns {
	t := &MemoryCooldowns{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].until = map[string]time.Time{}
	}
	return t
}

func (t *MemoryCooldowns) shard(key string) *cooldownShard {
	return &t.shards[maphash.String(t.seed, key)%tickShards]
}

// Take implements [Cooldowns].
func (t *MemoryCooldowns) Take(_ context.Context, key string, interval time.Duration) (time.Duration, error) {
	s, now := t.shard(key), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, ok := s.until[key]; ok && until.After(now) {
		return until.Sub(now), nil
	}
	s.makeRoom(now)
	s.until[key] = now.Add(interval)
	return 0, nil
}

// Give implements [Cooldowns].
func (t *MemoryCooldowns) Give(_ context.Context, key string) error {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, key)
	return nil
}

// makeRoom makes room for a key: what has run out goes, at most once a second.
func (s *cooldownShard) makeRoom(now time.Time) {
	full := len(s.until) >= shardTicks
	if now.Sub(s.swept) > 10*time.Second || full && now.Sub(s.swept) > time.Second {
		s.swept = now
		for key, until := range s.until {
			if !until.After(now) {
				delete(s.until, key)
			}
		}
	}
	if len(s.until) >= shardTicks {
		for key := range s.until {
			delete(s.until, key)
			return
		}
	}
}
