package cluster

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// LocalTicks are those of one process; see moderation.MemoryTicks.
type LocalTicks interface {
	Take(ctx context.Context, key string, interval time.Duration) (wait time.Duration, err error)
	Give(ctx context.Context, key string) error
}

// Ticks lets something happen once in an interval, in all processes together: a user's
// messages in slow mode, a text that is repeated. Without Redis each process goes by
// its own alone.
type Ticks struct {
	c    *Cluster
	here LocalTicks
}

// Ticks shares those of this process.
func (c *Cluster) Ticks(here LocalTicks) *Ticks { return &Ticks{c, here} }

// takeScript answers 0 if the key was free, and takes it; else the milliseconds until then.
var takeScript = rueidis.NewLuaScript(`
local left = redis.call('PTTL', KEYS[1])
if left > 0 then
  return left
end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 0`)

func tickKey(key string) string { return prefix + ".tick." + key }

// Take takes the key for an interval and answers 0, or how long it is taken still. It
// waits at most 300 ms for Redis, and has no errors but the local ticks'.
func (t *Ticks) Take(ctx context.Context, key string, interval time.Duration) (time.Duration, error) {
	wait, err := t.here.Take(ctx, key, interval)
	if wait > 0 || err != nil || interval <= 0 || !t.c.Clustered() {
		return wait, err
	}
	left, err := t.c.link(key).ask(ctx, t.c.patience, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return takeScript.Exec(ctx, client, []string{tickKey(key)}, []string{strconv.FormatInt(max(1, interval.Milliseconds()), 10)})
	}).ToInt64()
	if err != nil || left <= 0 {
		return 0, nil // free, or there is no Redis to ask
	}
	// Another process has it: until then it is taken here, too.
	wait = time.Duration(left) * time.Millisecond
	if err := t.here.Give(ctx, key); err != nil {
		return wait, err
	}
	_, err = t.here.Take(ctx, key, wait)
	return wait, err
}

// Give gives a key back before its time: what it was taken for did not happen.
func (t *Ticks) Give(ctx context.Context, key string) error {
	if t.c.Clustered() {
		_ = t.c.link(key).ask(ctx, t.c.patience, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			return client.Do(ctx, client.B().Del().Key(tickKey(key)).Build())
		})
	}
	return t.here.Give(ctx, key)
}
