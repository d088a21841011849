package shared

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/cluster"
)

// LocalCooldowns are those of one process; see moderation.MemoryCooldowns.
type LocalCooldowns interface {
	Take(ctx context.Context, key string, interval time.Duration) (wait time.Duration, err error)
	Give(ctx context.Context, key string) error
}

// Cooldowns lets something happen once in an interval, in all processes together: a user's
// messages in slow mode, a text that is repeated. Without Redis each process goes by
// its own alone.
type Cooldowns struct {
	cluster *cluster.Cluster
	here    LocalCooldowns
}

// NewCooldowns shares those of this process.
func NewCooldowns(c *cluster.Cluster, here LocalCooldowns) *Cooldowns { return &Cooldowns{c, here} }

// takeCooldownScript answers 0 if the key was free, and takes it; else the milliseconds until then.
var takeCooldownScript = rueidis.NewLuaScript(`
local left = redis.call('PTTL', KEYS[1])
if left > 0 then
  return left
end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 0`)

// cooldownKey has the name of earlier releases.
func cooldownKey(key string) string { return cluster.Prefix + ".tick." + key }

// Take takes the key for an interval and answers 0, or how long it is taken still. It
// waits at most 300 ms for Redis, and has no errors but the local cooldowns'.
func (t *Cooldowns) Take(ctx context.Context, key string, interval time.Duration) (time.Duration, error) {
	wait, err := t.here.Take(ctx, key, interval)
	if wait > 0 || err != nil || interval <= 0 || !t.cluster.Clustered() {
		return wait, err
	}
	left, err := t.cluster.Ask(ctx, key, t.cluster.PublishWait(), func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return takeCooldownScript.Exec(ctx, client, []string{cooldownKey(key)}, []string{strconv.FormatInt(max(1, interval.Milliseconds()), 10)})
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
func (t *Cooldowns) Give(ctx context.Context, key string) error {
	if t.cluster.Clustered() {
		_ = t.cluster.Ask(ctx, key, t.cluster.PublishWait(), func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			return client.Do(ctx, client.B().Del().Key(cooldownKey(key)).Build())
		})
	}
	return t.here.Give(ctx, key)
}
