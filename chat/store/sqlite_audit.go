package store

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store/statements"
)

// auditTable is who did what, and why.
type auditTable struct{ *database }

// AppendAudit implements Store.
func (t auditTable) AppendAudit(ctx context.Context, e moderation.Entry) (string, error) {
	if err := validateAudit(&e); err != nil {
		return "", err
	}
	a := &e.Action
	id, err := t.write.InsertAudit(ctx, statements.InsertAuditParams{
		At: e.At, Room: e.Room, Act: a.Kind, Actor: e.By.ID, ActorName: e.By.Name, User: a.User, UserName: e.Name,
		Network: networkText(parseNetwork(a.Network)), Message: a.Message, Reason: a.Reason, Detail: string(AuditDetail(&e)),
	})
	return strconv.FormatInt(id, 10), fault(err)
}

// Audit implements Store.
func (t auditTable) Audit(ctx context.Context, q AuditQuery) ([]moderation.Entry, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	rows, err := q.find(ctx, t.reader)
	return convert(rows, err, auditOf)
}

func auditOf(row *statements.Audit) (moderation.Entry, error) {
	var d auditDetail
	if row.Detail != "" {
		_ = json.Unmarshal([]byte(row.Detail), &d) // of an erased action maybe nothing is left
	}
	return moderation.Entry{
		ID: strconv.FormatInt(row.ID, 10), Room: row.Room, At: row.At, By: message.User{ID: row.Actor, Name: row.ActorName},
		Via: d.Via, Name: row.UserName, Done: d.Done, Refused: d.Refused,
		Action: moderation.Action{
			Room: row.Room, Kind: row.Act, Message: row.Message, User: row.User, Network: row.Network, Reason: row.Reason,
			Text: d.Text, Options: d.Options, Seconds: d.Seconds, Color: d.Color, On: d.On,
		},
	}, nil
}
