package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// entryTable is what was published in rooms.
type entryTable struct{ *database }

// Append implements Store.
func (t entryTable) Append(ctx context.Context, entries []Entry) error {
	if len(entries) > MaxEntries {
		return fmt.Errorf("%w: %d entries at once; at most %d", ErrInvalid, len(entries), MaxEntries)
	}
	rows := make([]statements.InsertEntryParams, len(entries))
	for i := range entries { // outside of the transaction, which others wait for
		if err := entryRow(&entries[i], &rows[i]); err != nil {
			return err
		}
	}
	return t.transaction(ctx, func(write *statements.Queries) error {
		stones, err := readTombstones(ctx, write, time.Now())
		if err != nil {
			return err
		}
		for i := range rows {
			if stones.isErased(&rows[i], t.Pseudonym) {
				continue
			}
			stones.mark(&rows[i])
			if err := write.InsertEntry(ctx, rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// entryRow is the entry as the table holds it.
func entryRow(e *Entry, row *statements.InsertEntryParams) error {
	if err := e.Validate(); err != nil {
		return err
	}
	body := []byte(e.Event)
	if body == nil && e.Kind == "" {
		var err error
		if body, err = json.Marshal(&e.Message); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	m := &e.Message
	*row = statements.InsertEntryParams{Room: e.Room, ID: m.ID, Kind: e.Kind, At: m.At, Sent: m.Sent, User: m.User.ID, Body: string(body), Shadow: e.Shadow}
	if e.Address.IsValid() {
		row.Address = e.Address.Unmap().WithZone("").String()
	}
	if e.Deleted != nil {
		row.DeletedAt, row.DeletedBy = e.Deleted.At.UnixMilli(), e.Deleted.By
	}
	return nil
}

// entryOf is the entry that entryRow has made a row of.
func entryOf(row *statements.Entry) (Entry, error) {
	e := Entry{Room: row.Room, Kind: row.Kind, Shadow: row.Shadow}
	if e.Kind == "" {
		if err := json.Unmarshal([]byte(row.Body), &e.Message); err != nil {
			return e, fmt.Errorf("%w: entry %s of room %s: %w", ErrCorrupt, row.ID, row.Room, err)
		}
	} else {
		e.Event = []byte(row.Body)
	}
	// The columns are what was asked for; they say the same as the message.
	e.Message.ID, e.Message.At, e.Message.Sent, e.Message.User.ID = row.ID, row.At, row.Sent, row.User
	if row.Address != "" {
		e.Address, _ = netip.ParseAddr(row.Address) // the zero Addr: not known
	}
	if row.DeletedAt != 0 {
		e.Deleted = &Deletion{By: row.DeletedBy, At: time.UnixMilli(row.DeletedAt)}
	}
	return e, nil
}

// Messages implements Store.
func (t entryTable) Messages(ctx context.Context, room string, q Query) ([]Entry, error) {
	if err := q.validate(room); err != nil {
		return nil, err
	}
	rows, err := q.find(ctx, t.reader, room)
	entries, err := convert(rows, err, entryOf)
	if !q.Forward {
		slices.Reverse(entries)
	}
	return entries, err
}

// Message implements Store.
func (t entryTable) Message(ctx context.Context, room, id string) (Entry, error) {
	row, err := t.read.Entry(ctx, room, id)
	if err != nil {
		return Entry{}, fault(err)
	}
	return entryOf(&row)
}

// RoomsOf implements Store.
func (t entryTable) RoomsOf(ctx context.Context, user string) ([]string, error) {
	rooms, err := t.read.RoomsOfUser(ctx, user)
	return rooms, fault(err)
}

// MarkDeleted implements Store.
func (t entryTable) MarkDeleted(ctx context.Context, room string, ids []string, d Deletion) (n int, err error) {
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
	err = t.transaction(ctx, func(write *statements.Queries) error {
		for _, id := range ids {
			marked, err := markDeleted(ctx, write, room, id, d)
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
func markDeleted(ctx context.Context, write *statements.Queries, room, id string, d Deletion) (int, error) {
	deleted, err := write.EntryDeletedAt(ctx, room, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, putTombstone(ctx, write, statements.PutTombstoneParams{Room: room, ID: id}, d)
	case err != nil || deleted != 0:
		return 0, err
	}
	n, err := write.MarkDeleted(ctx, statements.MarkDeletedParams{DeletedAt: d.At.UnixMilli(), DeletedBy: d.By, Room: room, ID: id})
	return int(n), err
}

// MarkUserDeleted implements Store.
func (t entryTable) MarkUserDeleted(ctx context.Context, room, user string, d Deletion) (int, error) {
	if err := required(field{"room", room, MaxSubject}, field{"user", user, MaxSubject}); err != nil {
		return 0, err
	}
	if err := d.validate(); err != nil {
		return 0, err
	}
	var n int64
	err := t.transaction(ctx, func(write *statements.Queries) (err error) {
		n, err = write.MarkUserDeleted(ctx, statements.MarkUserDeletedParams{DeletedAt: d.At.UnixMilli(), DeletedBy: d.By, User: user, Room: room})
		if err != nil {
			return err
		}
		return putTombstone(ctx, write, statements.PutTombstoneParams{Room: room, User: user}, d)
	})
	if err != nil {
		return 0, err
	}
	return int(n), nil
}
