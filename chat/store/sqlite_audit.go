package store

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// auditTable is who did what, and why.
type auditTable struct{ *database }

// AppendAudit implements Store.
func (t auditTable) AppendAudit(ctx context.Context, a Audit) (int64, error) {
	if err := a.validate(); err != nil {
		return 0, err
	}
	id, err := t.write.InsertAudit(ctx, statements.InsertAuditParams{
		At: a.At.UnixMilli(), Room: a.Room, Act: a.Act, Actor: a.Actor, ActorName: a.ActorName, User: a.User, UserName: a.UserName,
		Network: networkText(a.Network), Message: a.Message, Reason: a.Reason, Detail: string(a.Detail),
	})
	return id, fault(err)
}

// Audit implements Store.
func (t auditTable) Audit(ctx context.Context, q AuditQuery) ([]Audit, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	rows, err := q.find(ctx, t.reader)
	return convert(rows, err, auditOf)
}

func auditOf(row *statements.Audit) (Audit, error) {
	a := Audit{
		ID: row.ID, At: time.UnixMilli(row.At), Room: row.Room, Act: row.Act, Actor: row.Actor, ActorName: row.ActorName,
		User: row.User, UserName: row.UserName, Network: parseNetwork(row.Network), Message: row.Message, Reason: row.Reason,
	}
	if row.Detail != "" {
		a.Detail = []byte(row.Detail)
	}
	return a, nil
}
