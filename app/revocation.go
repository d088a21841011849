package app

import (
	"context"
	"maps"

	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/media"
)

// revocation carries out on running streams what became of their keys in the database,
// also when another process wrote it: who publishes with a key that was replaced is
// disconnected, and a stream that was deleted ends.
type revocation struct {
	store interface {
		KeyVersions(ctx context.Context) (map[media.StreamID]string, error)
	}
	streams interface {
		Recheck(ctx context.Context) error
		Remove(id media.StreamID)
	}
	purges interface{ Purge(purge.Object) error }
	known  map[media.StreamID]string // when enforce last succeeded
}

// newRevocation notes the streams that there are.
func newRevocation(ctx context.Context, s *Server) (*revocation, error) {
	r := &revocation{store: s.control, streams: s.manager, purges: s.purges}
	var err error
	r.known, err = r.store.KeyVersions(ctx)
	return r, err
}

// enforce compares the database with what it said the last time. After an error the next
// call begins anew.
func (r *revocation) enforce(ctx context.Context) error {
	now, err := r.store.KeyVersions(ctx)
	if err != nil || maps.Equal(now, r.known) {
		return err
	}
	for id := range r.known {
		if _, exists := now[id]; !exists {
			r.streams.Remove(id)
			// That the queue is full is counted, and hinders no deletion.
			_ = r.purges.Purge(purge.Object{Stream: string(id)})
		}
	}
	if err := r.streams.Recheck(ctx); err != nil {
		return err
	}
	r.known = now
	return nil
}
