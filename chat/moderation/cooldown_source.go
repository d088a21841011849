package moderation

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// cooldownTimeout bounds one question to the shared Cooldowns.
const cooldownTimeout = 500 * time.Millisecond

// cooldownSource takes cooldowns that several processes share, and those of this process
// while the shared ones fail.
type cooldownSource struct {
	shared   Cooldowns
	local    *MemoryCooldowns
	failedAt atomic.Int64 // when the failure was logged last, in ms
	log      *slog.Logger
}

// newCooldownSource makes a source; shared is nil where there is one process only.
func newCooldownSource(shared Cooldowns, log *slog.Logger) *cooldownSource {
	c := &cooldownSource{shared: shared, local: NewMemoryCooldowns(), log: log}
	if shared == nil {
		c.shared = c.local
	}
	return c
}

// take takes the key for an interval: 0 if it was free, else how long it is taken still.
func (c *cooldownSource) take(ctx context.Context, key string, interval time.Duration) time.Duration {
	asked, cancel := context.WithTimeout(ctx, cooldownTimeout)
	defer cancel()
	wait, err := c.shared.Take(asked, key, interval)
	if err == nil {
		return wait
	}
	if at := now(); at-c.failedAt.Load() > time.Minute.Milliseconds() {
		c.failedAt.Store(at)
		c.log.Warn("shared slow mode does not answer; each process counts for itself", "err", err)
	}
	return c.takeLocal(ctx, key, interval)
}

// takeLocal is take for this process alone.
func (c *cooldownSource) takeLocal(ctx context.Context, key string, interval time.Duration) time.Duration {
	wait, _ := c.local.Take(ctx, key, interval) // memory never fails
	return wait
}

// give gives keys back before their time: what they were taken for did not happen.
func (c *cooldownSource) give(ctx context.Context, keys []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cooldownTimeout)
	defer cancel()
	for _, key := range keys {
		// If it fails the author waits: the harm is small, and take has logged it.
		_ = c.shared.Give(ctx, key)
		_ = c.local.Give(ctx, key)
	}
}
