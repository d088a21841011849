package archive

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
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

// detail is the part of an audit entry that has no column.
type detail struct {
	Via     string   `json:"via,omitempty"`
	Done    string   `json:"done,omitempty"`
	Refused string   `json:"refused,omitempty"`
	Text    string   `json:"text,omitempty"`
	Options []string `json:"options,omitempty"`
	Seconds int64    `json:"seconds,omitempty"`
	Color   string   `json:"color,omitempty"`
	On      bool     `json:"on,omitempty"`
}

// AppendAudit implements moderation.Store.
func (m Moderation) AppendAudit(ctx context.Context, e moderation.Entry) error {
	data, err := json.Marshal(detail{
		Via: e.Via, Done: e.Done, Refused: e.Refused, Text: e.Action.Text, Options: e.Action.Options,
		Seconds: e.Action.Seconds, Color: e.Action.Color, On: e.Action.On,
	})
	if err != nil {
		return err
	}
	act := store.Audit{
		At: time.UnixMilli(e.At), Room: e.Room, Act: e.Action.Kind, Actor: e.By.ID, ActorName: e.By.Name, User: e.Action.User, UserName: e.Name,
		Message: e.Action.Message, Reason: e.Action.Reason, Detail: data,
	}
	act.Network, _ = netip.ParsePrefix(e.Action.Network) // none, mostly
	if act.Act == "" {
		act.Act = "?"
	}
	if act.Room == "" {
		act.Room = moderation.AllRooms
	}
	_, err = m.Store.AppendAudit(ctx, act)
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
	acts, err := m.Store.Audit(ctx, q)
	if err != nil {
		return nil, err
	}
	list := make([]moderation.Entry, 0, len(acts))
	for i := range acts {
		list = append(list, entryOf(&acts[i]))
	}
	return list, nil
}

func entryOf(a *store.Audit) moderation.Entry {
	var d detail
	_ = json.Unmarshal(a.Detail, &d) // an erased act has none
	e := moderation.Entry{
		ID: strconv.FormatInt(a.ID, 10), Room: a.Room, At: a.At.UnixMilli(), By: message.User{ID: a.Actor, Name: a.ActorName},
		Via: d.Via, Name: a.UserName, Done: d.Done, Refused: d.Refused,
		Action: moderation.Action{
			Room: a.Room, Kind: a.Act, Message: a.Message, User: a.User, Reason: a.Reason,
			Text: d.Text, Options: d.Options, Seconds: d.Seconds, Color: d.Color, On: d.On,
		},
	}
	if a.Network.IsValid() {
		e.Action.Network = a.Network.String()
	}
	return e
}
