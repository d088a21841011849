package shared

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/cluster/envelope"
)

// Limits of a set.
const (
	maxValues   = 100_000  // keys
	maxEnvelope = 64 << 10 // bytes of a value in its envelope
	maxKey      = 512      // bytes of a key
)

// opShared is the broadcast of an envelope.
const opShared = "cluster.shared"

// askTimeout is how long Redis may take to answer.
const askTimeout = time.Second

// ErrShared reports a value that can't be shared.
var ErrShared = errors.New("shared: the value can't be shared: it is too large, or there are too many")

// Set is a set of values by key on which all processes agree. Of a key the greatest version
// wins. Changes are broadcast and kept in Redis, so that a process that starts later or was
// cut off catches up; what Redis has lost it gets back from the processes.
type Set[V any] struct {
	cluster *cluster.Cluster
	name    string
	apply   func(value V)

	mu     sync.Mutex
	values map[string]sealed

	syncing sync.Mutex
	synced  string // revision of the hash when it was read last
}

// sealed is an envelope in the form in which it is kept and sent.
type sealed struct {
	version envelope.Version
	until   int64
	data    []byte
}

func (s *sealed) expired(now time.Time) bool { return s.until != 0 && s.until < now.UnixMilli() }

// NewSet makes the set of a name. apply gets each value that another process wrote, and all
// values when the cluster reaches Redis, in no order. It must return soon. Call it once in
// a process, before the cluster runs.
func NewSet[V any](c *cluster.Cluster, name string, apply func(value V)) *Set[V] {
	s := &Set[V]{cluster: c, name: name, apply: apply, values: make(map[string]sealed)}
	c.Register(opShared, s)
	return s
}

// Put enters a value here and everywhere, unless there is a later version of its key.
// apply is not called for it. The only error is ErrShared: without Redis the value holds
// here and reaches the others later.
func (s *Set[V]) Put(ctx context.Context, e envelope.Envelope[V]) error {
	e.Name = s.name
	data, err := json.Marshal(e)
	if err != nil || len(data) > maxEnvelope || len(e.Key) > maxKey {
		return ErrShared
	}
	v := sealed{e.Version, e.Until, data}
	if latest, fits := s.keep(e.Key, v); !fits {
		return ErrShared
	} else if !latest || !s.cluster.Clustered() {
		return nil
	}
	_ = s.push(ctx, e.Key, v) // the link broke, and what is here goes there when it is back
	s.cluster.Broadcast(opShared, data)
	return nil
}

// keep enters a value if it is later than what is known, and if there is room for it.
func (s *Set[V]) keep(key string, v sealed) (latest, fits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.values[key]
	switch {
	case known && !v.version.After(old.version):
		return false, true
	case !known && len(s.values) >= maxValues:
		return false, false
	}
	s.values[key] = v
	return true, true
}

// Receive implements cluster.State.
func (s *Set[V]) Receive(data []byte) {
	var e envelope.Envelope[V]
	if json.Unmarshal(data, &e) == nil && e.Name == s.name {
		s.take(e, data)
	}
}

// take applies another process's value if it is later than what is known.
func (s *Set[V]) take(e envelope.Envelope[V], data []byte) {
	if e.Value == nil || len(data) > maxEnvelope || len(e.Key) > maxKey || e.Expired(time.Now()) {
		return
	}
	if latest, _ := s.keep(e.Key, sealed{e.Version, e.Until, data}); latest {
		s.apply(*e.Value)
	}
}

// setScript keeps the later of two versions, by the rule of envelope.Version.After. KEYS:
// the hash, its revision. ARGV: key, version, at, by, envelope.
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
func (s *Set[V]) key() string      { return cluster.Prefix + ".shared.{" + s.name + "}" }
func (s *Set[V]) revision() string { return s.key() + ".revision" }

func (s *Set[V]) push(ctx context.Context, key string, v sealed) error {
	return s.ask(context.WithoutCancel(ctx), s.cluster.PublishWait(), func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return setScript.Exec(ctx, client, []string{s.key(), s.revision()}, scriptArguments(key, v))
	}).Error()
}

func scriptArguments(key string, v sealed) []string {
	return []string{key, strconv.FormatInt(v.version.Number, 10), strconv.FormatInt(v.version.At, 10), v.version.By, string(v.data)}
}

// ask asks the first shard, which has the sets.
func (s *Set[V]) ask(ctx context.Context, timeout time.Duration, command func(context.Context, rueidis.Client) rueidis.RedisResult) rueidis.RedisResult {
	return s.cluster.Ask(ctx, "", timeout, command)
}

// Sync implements cluster.State, as broadcasts may get lost.
func (s *Set[V]) Sync(ctx context.Context, anyway bool) error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	revision, err := s.ask(ctx, askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Get().Key(s.revision()).Build())
	}).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	if revision == s.synced && !anyway {
		return nil
	}
	there, err := s.ask(ctx, 2*askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hgetall().Key(s.key()).Build())
	}).AsStrMap()
	if err != nil {
		return err
	}
	theirs, expired := s.takeAll(there, time.Now())
	if err := errors.Join(s.deleteFields(ctx, expired), s.pushNewer(ctx, theirs, time.Now())); err != nil {
		return err
	}
	s.synced = revision
	return nil
}

// takeAll takes what Redis has, and tells the versions by key, and which fields hold
// nothing that anybody needs. What a later release has written is left alone.
func (s *Set[V]) takeAll(there map[string]string, now time.Time) (versions map[string]envelope.Version, expired []string) {
	versions = make(map[string]envelope.Version, len(there))
	for key, text := range there {
		var e envelope.Envelope[V]
		err := json.Unmarshal([]byte(text), &e)
		if err != nil {
			var any envelope.Envelope[json.RawMessage]
			if json.Unmarshal([]byte(text), &any) == nil && !any.Expired(now) {
				versions[key] = any.Version
				continue
			}
		}
		if err != nil || e.Expired(now) {
			expired = append(expired, key)
			continue
		}
		versions[key] = e.Version
		data := []byte(text)
		if e.Name == "" { // an earlier release wrote it
			e.Name, e.Key = s.name, key
			data, _ = json.Marshal(e) // it was JSON before
		}
		s.take(e, data)
	}
	return versions, expired
}

// pushNewer pushes what Redis has not, or has older.
func (s *Set[V]) pushNewer(ctx context.Context, theirs map[string]envelope.Version, now time.Time) error {
	s.mu.Lock()
	mine := make(map[string]sealed)
	for key, v := range s.values {
		if v.expired(now) {
			delete(s.values, key)
		} else if t, ok := theirs[key]; !ok || v.version.After(t) {
			mine[key] = v
		}
	}
	s.mu.Unlock()
	for key, v := range mine {
		if err := s.push(ctx, key, v); err != nil {
			return err
		}
		s.cluster.Broadcast(opShared, v.data)
	}
	return nil
}

func (s *Set[V]) deleteFields(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return s.ask(ctx, askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hdel().Key(s.key()).Field(keys...).Build())
	}).Error()
}
