package chat

import (
	"context"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// Authority tells who somebody is; see identity.Authority.
type Authority interface {
	// Token verifies a signed token.
	Token(ctx context.Context, token string) (identity.Identity, error)
	// Refresh takes a new token of the same person.
	Refresh(ctx context.Context, before identity.Identity, token string) (identity.Identity, error)
	// Recheck says what has become of somebody: an account may have another role or be
	// gone (identity.ErrToken).
	Recheck(ctx context.Context, before identity.Identity) (identity.Identity, error)
	// Seen keeps a name its user's, who writes.
	Seen(user message.User)
	// Guest makes a guest of the ticket they got the last time and the name they want,
	// each maybe "". The identity and the new ticket are good whatever the error says of
	// the name.
	Guest(ctx context.Context, ticket, name string) (identity.Identity, string, error)
}

// Archive keeps what was said; it must not wait.
type Archive interface {
	// Keep takes what was published, once, in the process that published it. kind is "" for
	// messages, whose shadow tells that nobody else saw them; of an event m has ID, At,
	// Sent and User.
	Keep(room, kind string, data []byte, m message.Message, address netip.Addr, shadow bool)
	// Remove takes away what a Delete names, in every process.
	Remove(room string, d message.Delete)
}

// ReplayLogs publishes rooms as files; see package replaylog.
type ReplayLogs interface {
	// Add takes a publication and what it says, in the order in which everybody gets it.
	Add(room string, data []byte, content message.Content, sent time.Time)
	// Rooms are those that are published.
	Rooms() []string
}

// Author is who writes, and from where.
type Author struct {
	User       message.User // with their role in the room
	Everywhere message.Role // what they are in all rooms at once
	Address    netip.Addr
	Connection string
}
