package ratelimit

import (
	"maps"
	"sync"
	"time"
)

const (
	shards    = 64 // a power of two
	sweepEach = int64(time.Minute)
	sampled   = 8 // buckets that are looked at to find one that may go
)

// shard is a part of the buckets, with a lock of its own. A bucket is the time, in ns
// since the Limiter's epoch, at which it is full; one that isn't there is full.
type shard struct {
	mu    sync.Mutex
	full  map[uint64]int64
	most  int   // since full was made: maps don't shrink
	swept int64 // when idle buckets were last dropped
	_     [24]byte
}

// set writes a bucket, and makes room for it if there are max.
func (s *shard) set(key uint64, full, now int64, max int) {
	if _, there := s.full[key]; !there {
		if now-s.swept >= sweepEach {
			s.sweep(now)
		}
		if len(s.full) >= max {
			s.evict(now)
		}
	}
	s.full[key] = full
	if len(s.full) > s.most {
		s.most = len(s.full)
	}
}

// sweep drops the buckets that are full. A map that has become much too large is made
// anew.
func (s *shard) sweep(now int64) {
	s.swept = now
	for key, full := range s.full {
		if full <= now {
			delete(s.full, key)
		}
	}
	if s.most > 256 && len(s.full) < s.most/4 {
		kept := make(map[uint64]int64, len(s.full))
		maps.Copy(kept, s.full)
		s.full, s.most = kept, len(kept)
	}
}

// evict drops the bucket that is nearest to full, of a few: maps are walked from a
// random place.
func (s *shard) evict(now int64) {
	var victim uint64
	least, seen := int64(0), 0
	for key, full := range s.full {
		if seen == 0 || full < least {
			victim, least = key, full
		}
		if seen++; seen == sampled || least <= now {
			break
		}
	}
	delete(s.full, victim)
}
