package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Messages implements Store.
func (s *SQLite) Messages(ctx context.Context, room string, q Query) ([]Entry, error) {
	if err := q.validate(room); err != nil {
		return nil, err
	}
	text, args := q.sql(room)
	entries, err := collect(ctx, s.reader, scanEntry, text, args...)
	if !q.Forward {
		slices.Reverse(entries)
	}
	return entries, err
}

// sql makes a statement that one index answers in order: entries_user, entries_at or
// entries_id.
func (q *Query) sql(room string) (string, []any) {
	var w where
	w.add("room = ?", room)
	if q.User != "" {
		w.add("user = ?", q.User)
	}
	for _, filter := range []struct {
		wanted    bool
		condition string
	}{{q.Events, "kind = ''"}, {q.Deleted, "deleted_at = 0"}, {q.Shadow, "shadow = 0"}} {
		if !filter.wanted {
			w.add(filter.condition)
		}
	}
	order := []string{"id"}
	if q.ByTime() {
		order = []string{"at", "id"}
	}
	q.bounds(&w)
	if !q.Forward {
		for i := range order {
			order[i] += " DESC"
		}
	}
	return "SELECT " + entryColumns + " FROM entries WHERE " + strings.Join(w.conditions, " AND ") +
		" ORDER BY " + strings.Join(order, ", ") + " LIMIT ?", append(w.args, q.Limit)
}

// bounds adds From, To, After and Before, alone or as pairs.
func (q *Query) bounds(w *where) {
	switch {
	case q.From.IsZero() && q.After != "":
		w.add("id > ?", q.After)
	case !q.From.IsZero() && q.After != "":
		w.add("(at, id) > (?, ?)", q.From.UnixMilli(), q.After)
	case !q.From.IsZero():
		w.add("at >= ?", q.From.UnixMilli())
	}
	switch {
	case q.To.IsZero() && q.Before != "":
		w.add("id < ?", q.Before)
	case !q.To.IsZero() && q.Before != "":
		w.add("(at, id) < (?, ?)", q.To.UnixMilli(), q.Before)
	case !q.To.IsZero():
		w.add("at < ?", q.To.UnixMilli())
	}
}

// Message implements Store.
func (s *SQLite) Message(ctx context.Context, room, id string) (Entry, error) {
	e, err := scanEntry(s.reader.QueryRowContext(ctx, "SELECT "+entryColumns+" FROM entries WHERE room = ? AND id = ?", room, id))
	return e, fault(err)
}

// RoomsOf implements Store.
func (s *SQLite) RoomsOf(ctx context.Context, user string) ([]string, error) {
	return collect(ctx, s.reader, func(row scanner) (room string, err error) {
		return room, row.Scan(&room)
	}, "SELECT DISTINCT room FROM entries WHERE user = ? ORDER BY room", user)
}

// MarkDeleted implements Store.
func (s *SQLite) MarkDeleted(ctx context.Context, room string, ids []string, d Deletion) (int, error) {
	if len(ids) > MaxEntries {
		return 0, fmt.Errorf("%w: %d IDs at once; at most %d", ErrInvalid, len(ids), MaxEntries)
	}
	if err := required(field{"room", room, MaxSubject}); err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := required(field{"ID", id, MaxID}); err != nil {
			return 0, err
		}
	}
	if err := d.validate(); err != nil {
		return 0, err
	}
	n := 0
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			marked, err := markDeleted(ctx, tx, room, id, d)
			if err != nil {
				return err
			}
			n += marked
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// markDeleted marks one message, and returns 1 if it was not marked before.
func markDeleted(ctx context.Context, tx *sql.Tx, room, id string, d Deletion) (int, error) {
	var deleted int64
	err := tx.QueryRowContext(ctx, "SELECT deleted_at FROM entries WHERE room = ? AND id = ?", room, id).Scan(&deleted)
	switch {
	case err == sql.ErrNoRows:
		return 0, putTombstone(ctx, tx, room, id, "", false, d)
	case err != nil || deleted != 0:
		return 0, err
	}
	return changed(tx.ExecContext(ctx, "UPDATE entries SET deleted_at = ?, deleted_by = ? WHERE room = ? AND id = ? AND kind = ''",
		d.At.UnixMilli(), d.By, room, id))
}

// MarkUserDeleted implements Store.
func (s *SQLite) MarkUserDeleted(ctx context.Context, room, user string, d Deletion) (n int, err error) {
	if err := required(field{"room", room, MaxSubject}, field{"user", user, MaxSubject}); err != nil {
		return 0, err
	}
	if err := d.validate(); err != nil {
		return 0, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		n, err = changed(tx.ExecContext(ctx, `UPDATE entries SET deleted_at = ?, deleted_by = ?
			WHERE user = ? AND room = ? AND kind = '' AND deleted_at = 0 AND sent <= ?`,
			d.At.UnixMilli(), d.By, user, room, d.At.UnixMilli()))
		if err != nil {
			return err
		}
		return putTombstone(ctx, tx, room, "", user, false, d)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// changed is how many rows a statement has changed.
func changed(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
