package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// Store keeps the chat. All methods may be called concurrently, by several processes
// too. Any of them may fail with ErrUnavailable, with ErrCorrupt, or with its context's
// error; those that take something fail with ErrInvalid where it breaks a limit of
// this package. After an error nothing has changed, unless the method says otherwise.
type Store interface {
	Entries
	Rooms
	Sanctions
	AuditLog
	// Store keeps built-in accounts. What it takes fails with identity.ErrAccount besides
	// ErrInvalid; a limit of 0 means MaxPage.
	identity.Store
	Upkeep
	// Close closes the store, after which nothing else may be called.
	Close() error
}

// Entries are what was published in rooms.
type Entries interface {
	// Append keeps entries, all or none. Those whose room and ID are there already are
	// passed over, so that a batch can be given again when its fate is not known. What
	// MarkDeleted or Erase was asked to take away in the last hour stays away, even if
	// it only arrives now.
	Append(ctx context.Context, entries []Entry) error
	// Messages finds entries, as q says. No such room means none of them.
	Messages(ctx context.Context, room string, q Query) ([]Entry, error)
	// Message finds one entry, deleted or not. It fails with ErrNotFound.
	Message(ctx context.Context, room, id string) (Entry, error)
	// RoomsOf lists the rooms in which a user has written, by name.
	RoomsOf(ctx context.Context, user string) ([]string, error)
	// MarkDeleted marks messages as deleted, and tells how many are so now that were
	// not before. Their text stays, for those who look after the moderators. IDs that
	// are not known are remembered for an hour: the message may be on its way.
	MarkDeleted(ctx context.Context, room string, ids []string, d Deletion) (int, error)
	// MarkUserDeleted does so with all messages of a user in the room that were sent
	// until d.At.
	MarkUserDeleted(ctx context.Context, room, user string, d Deletion) (int, error)
}

// Rooms keeps the rooms' settings, which the store doesn't read.
type Rooms interface {
	// Room finds a room's settings. It fails with ErrNotFound.
	Room(ctx context.Context, room string) (Settings, error)
	// Rooms lists the settings of all rooms, by name.
	Rooms(ctx context.Context) ([]Settings, error)
	// SaveRoom keeps settings in place of those of a lower revision. It fails with
	// ErrConflict.
	SaveRoom(ctx context.Context, s Settings) error
	// DeleteRoom forgets a room's settings, entries, sanctions and audit log. It
	// deletes in many small transactions, and can be called again after an error.
	DeleteRoom(ctx context.Context, room string) error
}

// Settings are a room's.
type Settings struct {
	Room     string
	Data     json.RawMessage // a JSON value of at most MaxSettings bytes
	Revision int64           // grows with each change
}

// Sanctions keeps who may not write.
type Sanctions interface {
	// PutSanction keeps a sanction in place of one with the same ID. Of who did it, ID
	// and role are kept.
	PutSanction(ctx context.Context, s moderation.Sanction) error
	// DeleteSanction lifts one. It fails with ErrNotFound.
	DeleteSanction(ctx context.Context, id string) error
	// Sanctions lists them, the newest first.
	Sanctions(ctx context.Context, q SanctionQuery) ([]moderation.Sanction, error)
	// Pseudonym is what stands for a user's ID in a sanction that outlived the erasure
	// of their data.
	Pseudonym(user string) string
}

// AuditLog keeps who did what, and why.
type AuditLog interface {
	// AppendAudit adds an action and returns the ID that it has given it: a number that
	// grows. Of who did it, ID and name are kept.
	AppendAudit(ctx context.Context, e moderation.Entry) (id string, err error)
	// Audit lists actions, the newest first.
	Audit(ctx context.Context, q AuditQuery) ([]moderation.Entry, error)
}

// Upkeep deletes what must not stay.
type Upkeep interface {
	// Prune deletes up to limit entries that were sent before the time, and likewise
	// actions of the audit log and sanctions that ended before it. It tells how many; less
	// than limit means that no more are left. It deletes in small transactions between
	// which others may write, and what was deleted before an error stays deleted.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
	// Erase takes one person's data out of the store; see Erasure. It deletes in small
	// transactions; after an error call it again, and the report will be whole.
	Erase(ctx context.Context, user string) (Erasure, error)
	// Erasures lists erasures whose traces outside of the store were not settled yet,
	// the oldest first.
	Erasures(ctx context.Context) ([]Erasure, error)
	// SettleErasure forgets the report of an erasure: what was published elsewhere has
	// been rewritten and purged. It fails with ErrNotFound.
	SettleErasure(ctx context.Context, id int64) error
}
