package recording

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// broadcasts are the broadcasts that can be watched live: one a stream at the most.
type broadcasts struct {
	queue *writeQueue

	mu       sync.Mutex
	byStream map[media.StreamID]broadcast
}

// broadcast is one of them. recorder's methods are for the writing goroutine.
type broadcast struct {
	head     Head
	recorder *BroadcastRecorder
	recorded bool // it is over, and a recording has been made
}

func newBroadcasts(q *writeQueue) *broadcasts {
	return &broadcasts{queue: q, byStream: make(map[media.StreamID]broadcast)}
}

// add makes a broadcast that of its stream.
func (b *broadcasts) add(h Head, r *BroadcastRecorder) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byStream[h.Stream] = broadcast{head: h, recorder: r}
}

// remove says that the broadcast can't be watched live any more.
func (b *broadcasts) remove(h Head) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byStream[h.Stream].head.ID == h.ID {
		delete(b.byStream, h.Stream)
	}
}

func (b *broadcasts) find(id media.StreamID) (broadcast, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.byStream[id]
	return found, ok
}

// head is that of the broadcast that can be watched live.
func (b *broadcasts) head(id media.StreamID) (Head, bool) {
	found, ok := b.find(id)
	return found.head, ok
}

// onAir reports whether the stream has a broadcast that can be watched live.
func (b *broadcasts) onAir(id media.StreamID) bool {
	_, ok := b.find(id)
	return ok
}

// newerThan reports whether a newer broadcast of the stream has its playlists.
func (b *broadcasts) newerThan(h Head) bool {
	head, ok := b.head(h.Stream)
	return ok && head.ID != h.ID
}

// markRecorded says that a recording was made of a broadcast.
func (b *broadcasts) markRecorded(h Head) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found, ok := b.byStream[h.Stream]; ok && found.head.ID == h.ID {
		found.recorded = true
		b.byStream[h.Stream] = found
	}
}

// isRecorded reports whether the stream's broadcast is over and its recording can be
// watched in its place.
func (b *broadcasts) isRecorded(id media.StreamID) bool {
	found, _ := b.find(id)
	return found.recorded
}

// closeJournals closes the journals of all. The writing goroutine has ended.
func (b *broadcasts) closeJournals() {
	b.mu.Lock()
	var all []*BroadcastRecorder
	for _, found := range b.byStream {
		all = append(all, found.recorder)
	}
	b.mu.Unlock()
	for _, r := range all {
		r.closeJournal()
	}
}

// pinClip keeps what a clip needs of the broadcast that goes on. It returns when that is
// sure.
func (b *broadcasts) pinClip(ctx context.Context, id media.StreamID, clip string, p span) error {
	return b.onWriter(ctx, id, func(r *BroadcastRecorder) { r.pin(clip, p) })
}

// unpinClip takes that back.
func (b *broadcasts) unpinClip(id media.StreamID, clip string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = b.onWriter(ctx, id, func(r *BroadcastRecorder) { r.unpin(clip) })
}

// onWriter runs f on the writing goroutine, if the stream has a broadcast that goes
// on.
func (b *broadcasts) onWriter(ctx context.Context, id media.StreamID, f func(*BroadcastRecorder)) error {
	found, ok := b.find(id)
	if !ok {
		return nil
	}
	done := make(chan struct{})
	if !b.queue.enqueue(func() error { f(found.recorder); close(done); return nil }) {
		return errors.New("recording: the server is stopping; try again later")
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
