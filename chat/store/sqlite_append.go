package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

const insertEntry = `INSERT INTO entries
	(room, id, kind, at, sent, user, body, address, shadow, deleted_at, deleted_by)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room, id) DO NOTHING`

// Append implements Store.
func (s *SQLite) Append(ctx context.Context, entries []Entry) error {
	if len(entries) > MaxEntries {
		return fmt.Errorf("%w: %d entries at once; at most %d", ErrInvalid, len(entries), MaxEntries)
	}
	rows := make([][]any, len(entries))
	for i := range entries { // outside of the transaction, which others wait for
		var err error
		if rows[i], err = columns(&entries[i]); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		gone, err := readTombstones(ctx, tx, time.Now())
		if err != nil {
			return err
		}
		insert := tx.StmtContext(ctx, s.insert)
		for i := range entries {
			if gone.any() && s.bury(gone, &entries[i], rows[i]) {
				continue
			}
			if _, err := insert.ExecContext(ctx, rows[i]...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Places of what bury changes, in columns.
const (
	columnDeletedAt = 9
	columnDeletedBy = 10
)

// columns are what insertEntry takes.
func columns(e *Entry) ([]any, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	body := []byte(e.Event)
	if body == nil && e.Kind == "" {
		var err error
		if body, err = json.Marshal(&e.Message); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	address := ""
	if e.Address.IsValid() {
		address = e.Address.Unmap().WithZone("").String()
	}
	deletedAt, deletedBy := int64(0), ""
	if e.Deleted != nil {
		deletedAt, deletedBy = e.Deleted.At.UnixMilli(), e.Deleted.By
	}
	m := &e.Message
	return []any{e.Room, m.ID, e.Kind, m.At, m.Sent, m.User.ID, string(body), address, e.Shadow, deletedAt, deletedBy}, nil
}

const entryColumns = "room, id, kind, at, sent, user, body, address, shadow, deleted_at, deleted_by"

// scanEntry reads entryColumns.
func scanEntry(row scanner) (Entry, error) {
	var e Entry
	var id, user, address, deletedBy string
	var body []byte
	var at, sent, deletedAt int64
	if err := row.Scan(&e.Room, &id, &e.Kind, &at, &sent, &user, &body, &address, &e.Shadow, &deletedAt, &deletedBy); err != nil {
		return e, err
	}
	if e.Kind == "" {
		if err := json.Unmarshal(body, &e.Message); err != nil {
			return e, fmt.Errorf("%w: entry %s of room %s: %w", ErrCorrupt, id, e.Room, err)
		}
	} else {
		e.Event = body
	}
	// The columns are what was asked for; they say the same as the message.
	e.Message.ID, e.Message.At, e.Message.Sent, e.Message.User.ID = id, at, sent, user
	if address != "" {
		e.Address, _ = netip.ParseAddr(address) // the zero Addr: not known
	}
	if deletedAt != 0 {
		e.Deleted = &Deletion{By: deletedBy, At: time.UnixMilli(deletedAt)}
	}
	return e, nil
}
