package persist

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/chat/store"
)

// RewriteRequest asks for changes of the chat that lies beside a room's recordings.
type RewriteRequest struct {
	Room     string
	From, To time.Time // what the items are of
	// Change is given each item, and returns what shall stand in its place; false takes
	// it out.
	Change func(item json.RawMessage) (json.RawMessage, bool)
}

// RewriteResult is what was changed.
type RewriteResult struct {
	Items   int
	Pending bool // a broadcast must end first: ask again
}

// ErasuresConfig is what knows people.
type ErasuresConfig struct {
	Store  *store.SQLite
	Writer *Writer // of the same store
	// Forget takes a person out of the memory of rooms.
	Forget func(ctx context.Context, user string)
	// Rewrite changes what lies beside recordings; nil: those are other servers'.
	Rewrite func(context.Context, RewriteRequest) (RewriteResult, error)
	Log     *slog.Logger
}

// Erasures erase people from the store and the rooms, and, in the background, from the chat
// that lies beside recordings. Reports wait in the store until that is done: so it survives
// a restart, and sees what the command line has erased.
type Erasures struct {
	cfg     ErasuresConfig
	reports reports
	soon    chan struct{} // one is enough: a look finds all
}

// reports is the part of the store that Run needs.
type reports interface {
	Erasures(ctx context.Context) ([]store.Erasure, error)
	SettleErasure(ctx context.Context, id int64) error
	Pseudonym(user string) string
}

// NewErasures makes what erases; Run must be called.
func NewErasures(cfg ErasuresConfig) *Erasures {
	return &Erasures{cfg: cfg, reports: cfg.Store, soon: make(chan struct{}, 1)}
}

// Erase takes a person out of the store and then out of the rooms, and has Run look at once.
// What was written by them and still waits goes to the store first: it would come back.
func (e *Erasures) Erase(ctx context.Context, user string) (store.Erasure, error) {
	if err := e.cfg.Writer.Batcher.Flush(ctx); err != nil {
		return store.Erasure{}, err
	}
	report, err := e.cfg.Store.Erase(ctx, user)
	if err != nil {
		return report, err
	}
	e.cfg.Forget(ctx, user)
	e.look()
	return report, nil
}

// look has Run look at once.
func (e *Erasures) look() {
	select {
	case e.soon <- struct{}{}:
	default: // it is going to look
	}
}

// settleEvery is how often reports are looked for. One that waits for the end of a
// broadcast costs reading what was erased from, each time.
const settleEvery = 5 * time.Minute

// Run settles erasures until ctx ends. Failures are logged, and tried again.
func (e *Erasures) Run(ctx context.Context) error {
	if e.cfg.Rewrite == nil {
		return nil
	}
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	for {
		if err := e.settleAll(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Log.Error("chat: erasing beside recordings failed; trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-e.soon:
		}
	}
}

func (e *Erasures) settleAll(ctx context.Context) error {
	waiting, err := e.reports.Erasures(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for i := range waiting {
		settled, err := e.settle(ctx, &waiting[i])
		if err == nil && settled {
			err = e.reports.SettleErasure(ctx, waiting[i].ID)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) { // it was settled meanwhile
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settle rewrites what one erasure is about; false: a broadcast must end first.
func (e *Erasures) settle(ctx context.Context, report *store.Erasure) (settled bool, err error) {
	items, settled := 0, true
	for _, span := range report.Spans {
		done, err := e.cfg.Rewrite(ctx, RewriteRequest{
			Room: span.Room, From: span.AtFrom, To: latest(span.AtTo, span.SentTo),
			Change: func(item json.RawMessage) (json.RawMessage, bool) {
				return store.ScrubAs(item, report.Pseudonym, e.reports.Pseudonym)
			},
		})
		items += done.Items
		if err != nil {
			return false, err
		}
		settled = settled && !done.Pending
	}
	if items > 0 {
		e.cfg.Log.Info("chat: erased beside recordings", "user", report.Pseudonym, "items", items)
	}
	return settled, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
