package playbackauth

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Streams is the database in which streams say who may watch them.
type Streams interface {
	// Guarded are the streams that say themselves whether they need a token.
	Guarded(ctx context.Context) (map[string]bool, error)
	// Watch calls changed whenever the database may have changed, until ctx ends or it
	// can't go on.
	Watch(ctx context.Context, changed func()) error
}

// Updater keeps a policy as the database has it.
type Updater struct {
	policy  *Policy
	streams Streams
	enforce func(context.Context) error
	log     *slog.Logger
	changed chan struct{} // holds one: the database has changed
}

// NewUpdater reads the policy. Run calls enforce whenever the database may have changed: it
// ends what is not allowed any more, and is called again if it fails; nil: there is nothing
// to end.
func NewUpdater(ctx context.Context, p *Policy, streams Streams, enforce func(context.Context) error, log *slog.Logger) (*Updater, error) {
	u := &Updater{policy: p, streams: streams, enforce: enforce, log: log, changed: make(chan struct{}, 1)}
	if err := u.refresh(ctx); err != nil {
		return nil, fmt.Errorf("reading who may watch: %w", err)
	}
	return u, nil
}

// retryAfter is how long the database is left alone after it could not be read.
const retryAfter = time.Second

// Run keeps the policy as the database has it, until ctx ends. What can't be read stays as
// it was, and is read again.
func (u *Updater) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { u.watch(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-u.changed:
		}
		if err := u.refresh(ctx); err != nil && ctx.Err() == nil {
			u.log.Error("reading who may watch failed; the last rules stay, trying again", "err", err)
			time.AfterFunc(retryAfter, u.Changed)
		}
		if u.enforce == nil {
			continue
		}
		if err := u.enforce(ctx); err != nil && ctx.Err() == nil {
			u.log.Error("checking the keys of publishers failed; trying again", "err", err)
			time.AfterFunc(retryAfter, u.Changed)
		}
	}
}

// watch calls Changed when the database has changed, until ctx ends.
func (u *Updater) watch(ctx context.Context) {
	for {
		err := u.streams.Watch(ctx, u.Changed)
		if ctx.Err() != nil {
			return
		}
		u.log.Error("changes by other processes are not noticed; trying again", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryAfter):
		}
	}
}

// Changed tells Run that the database has changed. It never blocks.
func (u *Updater) Changed() {
	select {
	case u.changed <- struct{}{}:
	default: // Run knows already
	}
}

func (u *Updater) refresh(ctx context.Context) error {
	guarded, err := u.streams.Guarded(ctx)
	if err != nil {
		return err
	}
	u.policy.Set(guarded)
	return nil
}
