package store

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
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

// readTombstones reads those that hold; mostly there is none.
func readTombstones(ctx context.Context, write *statements.Queries, now time.Time) (*tombstones, error) {
	rows, err := write.Tombstones(ctx, now.UnixMilli())
	t := &tombstones{}
	for _, row := range rows {
		t.add(&row)
	}
	return t, err
}

func (t *tombstones) add(row *statements.Tombstone) {
	if t.ids == nil {
		t.ids, t.users, t.erased = make(map[author]Deletion), make(map[author]Deletion), make(map[string]time.Time)
	}
	d := Deletion{By: row.By, At: time.UnixMilli(row.At)}
	switch {
	case row.Erased:
		t.erased[row.User] = d.At
	case row.ID != "":
		t.ids[author{row.Room, row.ID}] = d
	default:
		t.users[author{row.Room, row.User}] = d
	}
}

// isErased tells whether an entry's author was erased after it was sent: it must not be
// kept.
func (t *tombstones) isErased(row *statements.InsertEntryParams, pseudonym func(user string) string) bool {
	if len(t.erased) == 0 || row.User == "" {
		return false
	}
	at, ok := t.erased[pseudonym(row.User)]
	return ok && !time.UnixMilli(row.Sent).After(at)
}

// mark marks an entry as deleted if it was deleted before it came.
func (t *tombstones) mark(row *statements.InsertEntryParams) {
	if row.Kind != "" || row.DeletedAt != 0 {
		return
	}
	d, ok := t.ids[author{row.Room, row.ID}]
	if !ok {
		d, ok = t.users[author{row.Room, row.User}]
		ok = ok && !time.UnixMilli(row.Sent).After(d.At)
	}
	if ok {
		row.DeletedAt, row.DeletedBy = d.At.UnixMilli(), d.By
	}
}

// putTombstone keeps what may still be on its way.
func putTombstone(ctx context.Context, write *statements.Queries, t statements.PutTombstoneParams, d Deletion) error {
	t.At, t.By, t.Expires = d.At.UnixMilli(), d.By, time.Now().Add(keepTombstones).UnixMilli()
	return write.PutTombstone(ctx, t)
}
