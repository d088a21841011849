package live

import (
	"context"
	"maps"

	"github.com/globalfandom/lightstick/media"
)

// Revocation carries out on running streams what became of their keys in the database,
// also when another process wrote it: who publishes with a key that was replaced is
// disconnected, and a stream that was deleted ends.
type Revocation struct {
	manager *Manager
	keys    KeyVersions
	deleted func(media.StreamID)
	known   map[media.StreamID]string // when Enforce last succeeded
}

// KeyVersions is the database of stream keys: it gives each stream a text that changes when
// its key does.
type KeyVersions interface {
	KeyVersions(ctx context.Context) (map[media.StreamID]string, error)
}

// NewRevocation notes the streams that there are. deleted is told of each that is deleted
// later.
func NewRevocation(ctx context.Context, m *Manager, keys KeyVersions, deleted func(media.StreamID)) (*Revocation, error) {
	known, err := keys.KeyVersions(ctx)
	return &Revocation{manager: m, keys: keys, deleted: deleted, known: known}, err
}

// Enforce compares the database with what it said the last time. After an error the next
// call begins anew. One call runs at a time.
func (r *Revocation) Enforce(ctx context.Context) error {
	now, err := r.keys.KeyVersions(ctx)
	if err != nil || maps.Equal(now, r.known) {
		return err
	}
	for id := range r.known {
		if _, exists := now[id]; !exists {
			r.manager.Remove(id)
			r.deleted(id)
		}
	}
	if err := r.manager.Recheck(ctx); err != nil {
		return err
	}
	r.known = now
	return nil
}
