package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// Limits of what is shared under one name.
const (
	maxShared = 100_000  // keys
	maxValue  = 64 << 10 // bytes of a value
	maxKey    = 512      // bytes of a key
	buried    = 24 * time.Hour
)

// ErrShared reports a value that can't be shared: it is no JSON, too large, or one too many.
var ErrShared = errors.New("cluster: can't be shared: no JSON, too large, or too many")

// Shared is a set of JSON values by key on which all processes agree: sanctions, rooms'
// settings. The greatest version of a key wins. Changes are broadcast
// and kept in Redis, so that a process that starts later or was cut off catches up; what
// Redis has lost it gets back from the processes.
type Shared struct {
	c     *Cluster
	name  string
	apply func(key string, value json.RawMessage)

	mu     sync.Mutex
	values map[string]change

	syncMu sync.Mutex
	synced string // revision of the hash when it was read last
}

// change is a value with its time, as it is kept and sent.
type change struct {
	Version int64           `json:"version"`
	Name    string          `json:"name,omitempty"` // in a broadcast
	Key     string          `json:"key,omitempty"`
	At      int64           `json:"at"`              // Unix µs
	By      string          `json:"by"`              // decides between two of the same µs
	Until   int64           `json:"until,omitempty"` // Unix ms; 0: for ever
	Value   json.RawMessage `json:"value"`           // null: it was deleted
}

// after orders changes: by version, then time, then process.
func (a change) after(b change) bool {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.At, b.At), cmp.Compare(a.By, b.By)) > 0
}

func (a change) over(now time.Time) bool {
	return a.Until != 0 && a.Until < now.UnixMilli() ||
		string(a.Value) == "null" && now.Sub(time.UnixMicro(a.At)) > buried
}

// Shared makes the set of a name. apply gets each change that another process made, and
// all values when Run reaches Redis, in no order; null is a deletion. It must return soon.
// Call it once for a name, before Run.
func (c *Cluster) Shared(name string, apply func(key string, value json.RawMessage)) *Shared {
	s := &Shared{c: c, name: name, apply: apply, values: make(map[string]change)}
	c.sharedMu.Lock()
	defer c.sharedMu.Unlock()
	c.shared = append(c.shared, s)
	return s
}

func (c *Cluster) allShared() []*Shared {
	c.sharedMu.Lock()
	defer c.sharedMu.Unlock()
	return c.shared
}

// Set changes a value, which is JSON, here and everywhere; until (zero: for ever) it
// holds. Of two values that were written without knowledge of each other the one with the
// greater version wins, then the later. apply is not called for it. The only error is
// ErrShared: without Redis the value holds here and reaches the others later.
func (s *Shared) Set(ctx context.Context, key string, version int64, value json.RawMessage, until time.Time) error {
	if len(value) > maxValue || len(key) > maxKey || !json.Valid(value) {
		return ErrShared
	}
	v := change{Version: version, At: time.Now().UnixMicro(), By: s.c.node.ID(), Value: value}
	if !until.IsZero() {
		v.Until = until.UnixMilli()
	}
	s.mu.Lock()
	old, known := s.values[key]
	if !known && len(s.values) >= maxShared {
		s.mu.Unlock()
		return ErrShared
	}
	v.At = max(v.At, old.At+1)
	s.values[key] = v
	s.mu.Unlock()
	if !s.c.Clustered() {
		return nil
	}
	_ = s.push(ctx, key, v) // the link broke, and what is here goes there when it is back
	v.Name, v.Key = s.name, key
	message, _ := json.Marshal(v)
	s.c.Broadcast(opShared, message)
	return nil
}

// Delete takes a value away everywhere.
func (s *Shared) Delete(ctx context.Context, key string) error {
	s.mu.Lock()
	version := s.values[key].Version
	s.mu.Unlock()
	return s.Set(ctx, key, version, json.RawMessage("null"), time.Time{})
}

// syncShared syncs every set, by the shard that has them.
func (c *Cluster) syncShared(l *link, anyway bool) error {
	if l != c.links[0] {
		return nil
	}
	for _, s := range c.allShared() {
		if err := s.sync(anyway); err != nil {
			return err
		}
	}
	return nil
}

// setScript keeps the later of two changes. KEYS: the hash, its
// revision. ARGV: key, version, at, by, change.
var setScript = rueidis.NewLuaScript(`
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  local o = cjson.decode(old)
  local v, at = tonumber(o.version) - tonumber(ARGV[2]), tonumber(o.at) - tonumber(ARGV[3])
  if v > 0 or (v == 0 and (at > 0 or (at == 0 and o.by >= ARGV[4]))) then
    return 0
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[5])
redis.call('INCR', KEYS[2])
return 1`)

// The hash, and how often it has changed: in one slot.
func (s *Shared) key() string      { return prefix + ".shared.{" + s.name + "}" }
func (s *Shared) revision() string { return s.key() + ".revision" }

func (s *Shared) push(ctx context.Context, key string, v change) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.c.links[0].ask(context.WithoutCancel(ctx), s.c.publishWait, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return setScript.Exec(ctx, client, []string{s.key(), s.revision()}, []string{key, strconv.FormatInt(v.Version, 10), strconv.FormatInt(v.At, 10), v.By, string(data)})
	}).Error()
}

// changed takes another process's change.
func (c *Cluster) changed(data []byte) {
	var v change
	if json.Unmarshal(data, &v) != nil {
		return
	}
	for _, s := range c.allShared() {
		if s.name == v.Name {
			key := v.Key
			v.Name, v.Key = "", ""
			s.takeChange(key, v)
		}
	}
}

// takeChange keeps a change if it is later than what is known.
func (s *Shared) takeChange(key string, v change) {
	if len(v.Value) == 0 || len(v.Value) > maxValue || len(key) > maxKey || v.over(time.Now()) {
		return
	}
	s.mu.Lock()
	old, known := s.values[key]
	if known && !v.after(old) || !known && len(s.values) >= maxShared {
		s.mu.Unlock()
		return
	}
	s.values[key] = v
	s.mu.Unlock()
	s.apply(key, v.Value)
}

// sync brings this process and Redis to the same values, as broadcasts may get lost. It
// looks no further if nothing has changed since, unless it is told to.
func (s *Shared) sync(anyway bool) error {
	s.syncMu.Lock()
	defer s.syncMu.Unlock()
	revision, err := s.c.links[0].ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Get().Key(s.revision()).Build())
	}).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	if revision == s.synced && !anyway {
		return nil
	}
	there, err := s.c.links[0].ask(context.Background(), 2*askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hgetall().Key(s.key()).Build())
	}).AsStrMap()
	if err != nil {
		return err
	}
	now := time.Now()
	theirs := make(map[string]change, len(there))
	var over []string
	for key, text := range there {
		var v change
		if json.Unmarshal([]byte(text), &v) != nil || v.over(now) {
			over = append(over, key)
			continue
		}
		theirs[key] = v
		s.takeChange(key, v)
	}
	if err := errors.Join(s.deleteExpired(over), s.pushNewer(theirs, now)); err != nil {
		return err
	}
	s.synced = revision
	return nil
}

// pushNewer pushes what Redis has not, or has older.
func (s *Shared) pushNewer(theirs map[string]change, now time.Time) error {
	s.mu.Lock()
	mine := make(map[string]change)
	for key, v := range s.values {
		if v.over(now) {
			delete(s.values, key)
		} else if t, ok := theirs[key]; !ok || v.after(t) {
			mine[key] = v
		}
	}
	s.mu.Unlock()
	for key, v := range mine {
		if err := s.push(context.Background(), key, v); err != nil {
			return err
		}
		v.Name, v.Key = s.name, key
		if message, err := json.Marshal(v); err == nil {
			s.c.Broadcast(opShared, message)
		}
	}
	return nil
}

// deleteExpired deletes what is over.
func (s *Shared) deleteExpired(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return s.c.links[0].ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hdel().Key(s.key()).Field(keys...).Build())
	}).Error()
}
