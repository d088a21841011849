package replication

import (
	"context"
	"slices"
	"sync"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

// writerRegistry knows the writers that run, and which broadcast a stream's playlists are of.
type writerRegistry struct {
	mu      sync.Mutex
	owners  map[media.StreamID]string
	running map[string][]chan struct{} // by broadcast; closed at their end
	turns   map[media.StreamID]*turn
}

// turn lets one goroutine at a time write or delete a stream's playlists.
type turn struct {
	held  chan struct{} // holds one
	users int           // goroutines that have it or wait for it
}

func newWriterRegistry() *writerRegistry {
	return &writerRegistry{
		owners: make(map[media.StreamID]string), running: make(map[string][]chan struct{}), turns: make(map[media.StreamID]*turn),
	}
}

// add notes a writer. ended is what remove is called with.
func (r *writerRegistry) add(h recording.Head, o recording.WriterOptions) (ended chan struct{}) {
	ended = make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[h.ID] = append(r.running[h.ID], ended)
	// Of what an earlier run left the newest counts; what begins now, whatever the clock.
	if owner := r.owners[h.Stream]; !o.Quiet && (o.Resume == nil || h.ID > owner) {
		r.owners[h.Stream] = h.ID
	}
	return ended
}

// remove notes that a writer has ended.
func (r *writerRegistry) remove(h recording.Head, ended chan struct{}) {
	close(ended)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[h.ID] = slices.DeleteFunc(r.running[h.ID], func(c chan struct{}) bool { return c == ended })
	if len(r.running[h.ID]) == 0 {
		delete(r.running, h.ID)
	}
	if r.owners[h.Stream] == h.ID {
		delete(r.owners, h.Stream)
	}
}

// runningOf are the writers of a broadcast that have not ended.
func (r *writerRegistry) runningOf(id string) []chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.running[id])
}

// owns reports whether the stream's playlists are those of the broadcast.
func (r *writerRegistry) owns(h recording.Head) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.owners[h.Stream] == h.ID
}

// ownedByOther reports whether a stream's playlists are another broadcast's.
func (r *writerRegistry) ownedByOther(stream media.StreamID, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	owner := r.owners[stream]
	return owner != "" && owner != id
}

// waitTurn waits until no other goroutine writes or deletes the stream's playlists. done must
// be called afterwards.
func (r *writerRegistry) waitTurn(ctx context.Context, stream media.StreamID) (done func(), err error) {
	r.mu.Lock()
	t := r.turns[stream]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		r.turns[stream] = t
	}
	t.users++
	r.mu.Unlock()
	select {
	case t.held <- struct{}{}:
		return func() { <-t.held; r.leaveTurn(stream, t) }, nil
	case <-ctx.Done():
		r.leaveTurn(stream, t)
		return nil, context.Cause(ctx)
	}
}

func (r *writerRegistry) leaveTurn(stream media.StreamID, t *turn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(r.turns, stream)
	}
}
