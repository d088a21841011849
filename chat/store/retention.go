package store

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Keeper deletes what is older than the retention.
type Keeper struct {
	Store     Upkeep
	Retention time.Duration // 0: everything is kept for ever
	Log       *slog.Logger
}

const (
	pruneEvery  = time.Hour
	pruneAtOnce = 50_000
)

// Run prunes now and every hour, until ctx ends. Failures are logged, and tried again
// the next time.
func (k *Keeper) Run(ctx context.Context) error {
	if k.Retention <= 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	for {
		n, err := PruneAll(ctx, k.Store, time.Now().Add(-k.Retention))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, context.Canceled):
			k.Log.Error("chat: old messages could not be deleted", "err", err, "deleted", n)
		case n > 0:
			k.Log.Info("chat: old messages were deleted", "deleted", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// PruneAll prunes until nothing is left from before the time.
func PruneAll(ctx context.Context, s Upkeep, before time.Time) (total int, err error) {
	for {
		n, err := s.Prune(ctx, before, pruneAtOnce)
		if total += n; err != nil || n < pruneAtOnce {
			return total, err
		}
	}
}
