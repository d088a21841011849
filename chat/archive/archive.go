package archive

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// Archive keeps publications behind the back of those who publish.
type Archive struct {
	Store   store.Store
	Batcher *store.Batcher
	Keeper  *store.Keeper
	log     *slog.Logger
	removes chan removal
}

type removal struct {
	room string
	what message.Delete
}

// maxRemovals is how many deletions may wait; more are left out of the store, where the
// messages stay marked as they were.
const maxRemovals = 4096

// New makes an archive of a store; Run writes. Retention 0 keeps everything.
func New(s store.Store, retention time.Duration, log *slog.Logger) *Archive {
	return &Archive{
		Store: s, Batcher: store.NewBatcher(s, store.BatcherConfig{}, log), log: log, removes: make(chan removal, maxRemovals),
		Keeper: &store.Keeper{Store: s, Retention: retention, Log: log},
	}
}

// Keep implements chat.Archive.
func (a *Archive) Keep(room, kind string, data []byte, m message.Message, address netip.Addr, shadow bool) {
	a.Batcher.Add(store.Entry{Room: room, Kind: kind, Message: m, Event: data, Address: address, Shadow: shadow})
}

// Remove implements chat.Archive.
func (a *Archive) Remove(room string, d message.Delete) {
	select {
	case a.removes <- removal{room, d}:
	default:
		a.log.Warn("chat: too many deletions wait: one is not written down", "room", room)
	}
}

// Run writes until ctx ends, and then what waits, for a few seconds.
func (a *Archive) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return a.Batcher.Run(ctx) })
	g.Go(func() error { return a.Keeper.Run(ctx) })
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case r := <-a.removes:
				a.remove(ctx, r)
			}
		}
	})
	return g.Wait()
}

// removeTime bounds one deletion.
const removeTime = 5 * time.Second

func (a *Archive) remove(ctx context.Context, r removal) {
	ctx, cancel := context.WithTimeout(ctx, removeTime)
	defer cancel()
	deletion := store.Deletion{By: "moderation", At: time.UnixMilli(r.what.Sent)}
	if r.what.Sent <= 0 {
		deletion.At = time.Now()
	}
	_ = a.Batcher.Flush(ctx) // what it can't write now, the store holds back later
	var err error
	if len(r.what.IDs) > 0 {
		_, err = a.Store.MarkDeleted(ctx, r.room, r.what.IDs, deletion)
	}
	if r.what.User != "" && err == nil {
		_, err = a.Store.MarkUserDeleted(ctx, r.room, r.what.User, deletion)
	}
	if err != nil {
		a.log.Error("chat: a deletion was not written down", "room", r.room, "err", err)
	}
}
