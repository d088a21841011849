package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// The three questions whose conditions are optional are put together here, and not by
// sqlc: it could only write them as "(@room = '' OR room = @room)", which no index
// answers.

// where gathers the conditions of a question.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// equal adds a condition unless the value is "".
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// between adds bounds of a time, of which the zero time is none.
func (w *where) between(column string, from, to time.Time) {
	if !from.IsZero() {
		w.add(column+" >= ?", from.UnixMilli())
	}
	if !to.IsZero() {
		w.add(column+" < ?", to.UnixMilli())
	}
}

// statement is the question, with its arguments.
func (w *where) statement(columns, table, order string, limit ...any) (string, []any) {
	conditions := "TRUE"
	if len(w.conditions) > 0 {
		conditions = strings.Join(w.conditions, " AND ")
	}
	return "SELECT " + columns + " FROM " + table + " WHERE " + conditions + " ORDER BY " + order, append(w.args, limit...)
}

// collect reads all rows. places are where a row's columns go.
func collect[Row any](ctx context.Context, db *sql.DB, query string, args []any, places func(*Row) []any) ([]Row, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Row
	for rows.Next() {
		var row Row
		if err := rows.Scan(places(&row)...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

func (q *Query) find(ctx context.Context, db *sql.DB, room string) ([]statements.Entry, error) {
	query, args := q.statement(room)
	return collect(ctx, db, query, args, func(e *statements.Entry) []any {
		return []any{&e.Room, &e.ID, &e.Kind, &e.At, &e.Sent, &e.User, &e.Body, &e.Address, &e.Shadow, &e.DeletedAt, &e.DeletedBy}
	})
}

// statement is answered by one index in order: entries_user, entries_at or entries_id.
func (q *Query) statement(room string) (string, []any) {
	var w where
	w.add("room = ?", room)
	w.equal(`"user"`, q.User)
	for _, filter := range []struct {
		wanted    bool
		condition string
	}{{q.Events, "kind = ''"}, {q.Deleted, "deleted_at = 0"}, {q.Shadow, "shadow = 0"}} {
		if !filter.wanted {
			w.add(filter.condition)
		}
	}
	q.bounds(&w)
	order, direction := "id", " DESC"
	if q.Forward {
		direction = ""
	}
	if q.ByTime() {
		order = "at" + direction + ", id"
	}
	return w.statement(`room, id, kind, at, sent, "user", body, address, shadow, deleted_at, deleted_by`, "entries", order+direction+" LIMIT ?", q.Limit)
}

// bounds adds From, To, After and Before, alone or as pairs.
func (q *Query) bounds(w *where) {
	switch {
	case q.From.IsZero() && q.After != "":
		w.add("id > ?", q.After)
	case !q.From.IsZero() && q.After != "":
		w.add("(at, id) > (?, ?)", q.From.UnixMilli(), q.After)
	default:
		w.between("at", q.From, time.Time{})
	}
	switch {
	case q.To.IsZero() && q.Before != "":
		w.add("id < ?", q.Before)
	case !q.To.IsZero() && q.Before != "":
		w.add("(at, id) < (?, ?)", q.To.UnixMilli(), q.Before)
	default:
		w.between("at", time.Time{}, q.To)
	}
}

// find lists sanctions; pseudonym is that of q.User.
func (q *SanctionQuery) find(ctx context.Context, db *sql.DB, pseudonym string) ([]statements.Sanction, error) {
	var w where
	w.equal("room", q.Room)
	if q.User != "" {
		w.add(`"user" IN (?, ?)`, q.User, pseudonym)
	}
	if !q.Active.IsZero() {
		w.add("(until = 0 OR until > ?)", q.Active.UnixMilli())
	}
	query, args := w.statement(`room, kind, "user", network, name, until, created, "by", by_role, reason`, "sanctions",
		"created DESC, seq DESC LIMIT ? OFFSET ?", q.Limit, q.Offset)
	return collect(ctx, db, query, args, func(s *statements.Sanction) []any {
		return []any{&s.Room, &s.Kind, &s.User, &s.Network, &s.Name, &s.Until, &s.Created, &s.By, &s.ByRole, &s.Reason}
	})
}

func (q *AuditQuery) find(ctx context.Context, db *sql.DB) ([]statements.Audit, error) {
	var w where
	w.equal("room", q.Room)
	if q.User != "" {
		w.add(`(actor = ? OR "user" = ?)`, q.User, q.User)
	}
	w.equal("act", q.Act)
	w.between("at", q.From, q.To)
	if q.Before > 0 {
		w.add("id < ?", q.Before)
	}
	query, args := w.statement(`id, at, room, act, actor, actor_name, "user", user_name, network, message, reason, detail`, "audit", "id DESC LIMIT ?", q.Limit)
	return collect(ctx, db, query, args, func(a *statements.Audit) []any {
		return []any{&a.ID, &a.At, &a.Room, &a.Act, &a.Actor, &a.ActorName, &a.User, &a.UserName, &a.Network, &a.Message, &a.Reason, &a.Detail}
	})
}
