package persist

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

// Moderation implements moderation.Store.
type Moderation struct{ Store store.Store }

// LoadRoom implements moderation.Store.
func (m Moderation) LoadRoom(ctx context.Context, room string) ([]byte, error) {
	settings, err := m.Store.Room(ctx, room)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return settings.Data, err
}

// SaveRoom implements moderation.Store.
func (m Moderation) SaveRoom(ctx context.Context, room string, state []byte, revision int64) error {
	err := m.Store.SaveRoom(ctx, store.Settings{Room: room, Data: state, Revision: revision})
	if errors.Is(err, store.ErrConflict) {
		return nil // a later one is there
	}
	return err
}

// Sanctions implements moderation.Store.
func (m Moderation) Sanctions(ctx context.Context) ([]moderation.Sanction, error) {
	var all []moderation.Sanction
	for {
		page, err := m.Store.Sanctions(ctx, store.SanctionQuery{Active: time.Now(), Limit: store.MaxPage, Offset: len(all)})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < store.MaxPage {
			return all, nil
		}
	}
}

// PutSanction implements moderation.Store.
func (m Moderation) PutSanction(ctx context.Context, s moderation.Sanction) error {
	return m.Store.PutSanction(ctx, s)
}

// DeleteSanction implements moderation.Store.
func (m Moderation) DeleteSanction(ctx context.Context, id string) error {
	err := m.Store.DeleteSanction(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// AppendAudit implements moderation.Store.
func (m Moderation) AppendAudit(ctx context.Context, e moderation.Entry) error {
	e.Action.Kind, e.Room = cmp.Or(e.Action.Kind, "?"), cmp.Or(e.Room, moderation.AllRooms)
	_, err := m.Store.AppendAudit(ctx, e)
	return err
}

// Audit implements moderation.Store.
func (m Moderation) Audit(ctx context.Context, room, before string, limit int) ([]moderation.Entry, error) {
	q := store.AuditQuery{Room: room, Limit: limit}
	if before != "" {
		n, err := strconv.ParseInt(before, 10, 64)
		if err != nil {
			return nil, store.ErrInvalid
		}
		q.Before = n
	}
	return m.Store.Audit(ctx, q)
}
