package persist

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// Writer writes publications to the store in the background: a room never waits for it.
// It is a chat.Archive.
type Writer struct {
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

// New makes the writer of a store; Run writes. Retention 0 keeps everything.
func New(s store.Store, retention time.Duration, log *slog.Logger) *Writer {
	return &Writer{
		Store: s, Batcher: store.NewBatcher(s, store.BatcherConfig{}, log), log: log, removes: make(chan removal, maxRemovals),
		Keeper: &store.Keeper{Store: s, Retention: retention, Log: log},
	}
}

// Keep implements chat.Archive.
func (w *Writer) Keep(room, kind string, data []byte, m message.Message, address netip.Addr, shadow bool) {
	w.Batcher.Add(store.Entry{Room: room, Kind: kind, Message: m, Event: data, Address: address, Shadow: shadow})
}

// Remove implements chat.Archive.
func (w *Writer) Remove(room string, d message.Delete) {
	select {
	case w.removes <- removal{room, d}:
	default:
		w.log.Warn("chat: too many deletions wait: one is not written down", "room", room)
	}
}

// Run writes until ctx ends, and then what waits, for a few seconds.
func (w *Writer) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return w.Batcher.Run(ctx) })
	g.Go(func() error { return w.Keeper.Run(ctx) })
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case r := <-w.removes:
				w.remove(ctx, r)
			}
		}
	})
	return g.Wait()
}

// removeTime bounds one deletion.
const removeTime = 5 * time.Second

func (w *Writer) remove(ctx context.Context, r removal) {
	ctx, cancel := context.WithTimeout(ctx, removeTime)
	defer cancel()
	deletion := store.Deletion{By: "moderation", At: time.UnixMilli(r.what.Sent)}
	if r.what.Sent <= 0 {
		deletion.At = time.Now()
	}
	_ = w.Batcher.Flush(ctx) // what it can't write now, the store holds back later
	var err error
	if len(r.what.IDs) > 0 {
		_, err = w.Store.MarkDeleted(ctx, r.room, r.what.IDs, deletion)
	}
	if r.what.User != "" && err == nil {
		_, err = w.Store.MarkUserDeleted(ctx, r.room, r.what.User, deletion)
	}
	if err != nil {
		w.log.Error("chat: a deletion was not written down", "room", r.room, "err", err)
	}
}
