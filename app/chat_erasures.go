package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

// erasures takes those whose data was erased from the store out of the chat that lies
// beside recordings, too. Reports wait in the store until that is done: so it survives
// a restart, and sees what the command line has erased.
type erasures struct {
	store interface {
		Erasures(ctx context.Context) ([]store.Erasure, error)
		SettleErasure(ctx context.Context, id int64) error
		Pseudonym(user string) string
	}
	rewrite func(context.Context, recording.RewriteRequest) (recording.RewriteResult, error)
	log     *slog.Logger
	soon    chan struct{} // one is enough: a look finds all
}

func newErasures(kept *store.SQLite, rewrite func(context.Context, recording.RewriteRequest) (recording.RewriteResult, error), log *slog.Logger) *erasures {
	return &erasures{store: kept, rewrite: rewrite, log: log, soon: make(chan struct{}, 1)}
}

// erased has Run look at once.
func (e *erasures) erased(store.Erasure) {
	select {
	case e.soon <- struct{}{}:
	default: // it is going to look
	}
}

// settleEvery is how often reports are looked for. One that waits for the end of a
// broadcast costs reading what was erased from, each time.
const settleEvery = 5 * time.Minute

// Run settles erasures until ctx ends. Failures are logged, and tried again.
func (e *erasures) Run(ctx context.Context) error {
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	for {
		if err := e.settleAll(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("chat: an erasure waits: what lies beside recordings could not be rewritten", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-e.soon:
		}
	}
}

func (e *erasures) settleAll(ctx context.Context) error {
	waiting, err := e.store.Erasures(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for i := range waiting {
		settled, err := e.settle(ctx, &waiting[i])
		if err == nil && settled {
			err = e.store.SettleErasure(ctx, waiting[i].ID)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) { // it was settled meanwhile
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settle rewrites what one erasure is about; false: a broadcast must end first.
func (e *erasures) settle(ctx context.Context, report *store.Erasure) (settled bool, err error) {
	items, settled := 0, true
	for _, span := range report.Spans {
		done, err := e.rewrite(ctx, recording.RewriteRequest{
			Stream: media.StreamID(span.Room), TimedObjects: replaylog.Name, From: span.AtFrom, To: latest(span.AtTo, span.SentTo),
			Change: func(item json.RawMessage) (json.RawMessage, bool) {
				return store.ScrubAs(item, report.Pseudonym, e.store.Pseudonym)
			},
		})
		items += done.Items
		if err != nil {
			return false, err
		}
		settled = settled && !done.Pending
	}
	if items > 0 {
		e.log.Info("chat: erased beside recordings", "user", report.Pseudonym, "items", items)
	}
	return settled, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
