package store

import (
	"context"
	"database/sql"
	"time"
)

// keepTombstones is how long deletions and erasures hold for what arrives after them.
// Entries wait for the database in a Batcher, which gives them up sooner
// (giveUpAfter).
const keepTombstones = time.Hour

// author is a user in a room.
type author struct{ room, user string }

// tombstones say what must not come back.
type tombstones struct {
	ids    map[author]Deletion // author.user holds the message's ID
	users  map[author]Deletion
	erased map[string]time.Time // by pseudonym
}

func (t *tombstones) any() bool { return len(t.ids)+len(t.users)+len(t.erased) > 0 }

// readTombstones reads those that hold; mostly there is none.
func readTombstones(ctx context.Context, tx *sql.Tx, now time.Time) (*tombstones, error) {
	t := &tombstones{}
	rows, err := tx.QueryContext(ctx, "SELECT room, id, user, erased, at, by FROM tombstones WHERE expires > ?", now.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var room, id, user, by string
		var erased bool
		var at int64
		if err := rows.Scan(&room, &id, &user, &erased, &at, &by); err != nil {
			return nil, err
		}
		t.add(room, id, user, erased, Deletion{By: by, At: time.UnixMilli(at)})
	}
	return t, rows.Err()
}

func (t *tombstones) add(room, id, user string, erased bool, d Deletion) {
	if t.ids == nil {
		t.ids, t.users, t.erased = make(map[author]Deletion), make(map[author]Deletion), make(map[string]time.Time)
	}
	switch {
	case erased:
		t.erased[user] = d.At
	case id != "":
		t.ids[author{room, id}] = d
	default:
		t.users[author{room, user}] = d
	}
}

// bury marks the row of an entry as deleted if it was deleted before it came, and
// tells whether it must not be kept at all.
func (s *SQLite) bury(t *tombstones, e *Entry, row []any) (erased bool) {
	sent := time.UnixMilli(e.Message.Sent)
	if len(t.erased) > 0 && e.Message.User.ID != "" {
		if at, ok := t.erased[s.Pseudonym(e.Message.User.ID)]; ok && !sent.After(at) {
			return true
		}
	}
	if e.Kind != "" || e.Deleted != nil {
		return false
	}
	d, ok := t.ids[author{e.Room, e.Message.ID}]
	if !ok {
		d, ok = t.users[author{e.Room, e.Message.User.ID}]
		ok = ok && !sent.After(d.At)
	}
	if ok {
		row[columnDeletedAt], row[columnDeletedBy] = d.At.UnixMilli(), d.By
	}
	return false
}

// putTombstone remembers what may still be on its way.
func putTombstone(ctx context.Context, tx *sql.Tx, room, id, user string, erased bool, d Deletion) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tombstones (room, id, user, erased, at, by, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at = max(at, excluded.at), by = excluded.by, expires = excluded.expires`,
		room, id, user, erased, d.At.UnixMilli(), d.By, time.Now().Add(keepTombstones).UnixMilli())
	return err
}
