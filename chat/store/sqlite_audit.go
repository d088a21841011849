package store

import (
	"context"
	"strings"
	"time"
)

// AppendAudit implements Store.
func (s *SQLite) AppendAudit(ctx context.Context, a Audit) (int64, error) {
	if err := a.validate(); err != nil {
		return 0, err
	}
	result, err := s.writer.ExecContext(ctx, `INSERT INTO audit
		(at, room, act, actor, actor_name, user, user_name, network, message, reason, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.At.UnixMilli(), a.Room, a.Act, a.Actor, a.ActorName, a.User, a.UserName, networkText(a.Network), a.Message, a.Reason, string(a.Detail))
	if err != nil {
		return 0, fault(err)
	}
	return result.LastInsertId()
}

// Audit implements Store.
func (s *SQLite) Audit(ctx context.Context, q AuditQuery) ([]Audit, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	var w where
	w.add("TRUE")
	if q.Room != "" {
		w.add("room = ?", q.Room)
	}
	if q.User != "" {
		w.add("(actor = ? OR user = ?)", q.User, q.User)
	}
	if q.Act != "" {
		w.add("act = ?", q.Act)
	}
	if !q.From.IsZero() {
		w.add("at >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		w.add("at < ?", q.To.UnixMilli())
	}
	if q.Before > 0 {
		w.add("id < ?", q.Before)
	}
	return collect(ctx, s.reader, scanAudit, `SELECT id, at, room, act, actor, actor_name, user, user_name, network, message, reason, detail
		FROM audit WHERE `+strings.Join(w.conditions, " AND ")+" ORDER BY id DESC LIMIT ?", append(w.args, q.Limit)...)
}

func scanAudit(row scanner) (a Audit, err error) {
	var at int64
	var network string
	var detail []byte
	err = row.Scan(&a.ID, &at, &a.Room, &a.Act, &a.Actor, &a.ActorName, &a.User, &a.UserName, &network, &a.Message, &a.Reason, &detail)
	a.At, a.Network = time.UnixMilli(at), parseNetwork(network)
	if len(detail) > 0 {
		a.Detail = detail
	}
	return a, err
}
