package chat

import (
	"context"
	"encoding/json"
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
	// Guest makes a guest of the ticket she got the last time and the name she wants,
	// each maybe "". The identity and the new ticket are good whatever the error says of
	// the name.
	Guest(ctx context.Context, ticket, name string) (identity.Identity, string, error)
}

// Attempt is what somebody wants to write.
type Attempt struct {
	Room    string
	User    message.User
	Address netip.Addr
	ID      string
	Draft   message.Draft
}

// Verdict is what becomes of it, if it is not refused.
type Verdict struct {
	Shadow bool   // its author alone sees it
	Text   string // as it may be published
}

// Outcome is what an act asks for on the wire.
type Outcome struct {
	Done   string // what was done, for the one who did it
	Events []any  // to publish, in order: message.Delete, Room, Wave or Message
	// Disconnect are users and networks whose connections end, everywhere.
	Disconnect []Target
	// Share is what other processes must know, for Desk.Apply.
	Share []json.RawMessage
}

// Target is a user, or a network.
type Target struct {
	User    string
	Network netip.Prefix
}

// Desk is where moderation sits.
type Desk interface {
	// Admit tells whether somebody may be here at all: nil, or a *message.Refusal.
	Admit(room string, user message.User, address netip.Addr) error
	// Check says what becomes of an attempt; the error is a *message.Refusal.
	Check(ctx context.Context, a Attempt) (Verdict, error)
	// Do does an act, given as JSON. The error is a *message.Refusal.
	Do(ctx context.Context, room string, actor message.User, source string, act json.RawMessage) (Outcome, error)
	// Command makes an act of what was typed, "/slow 10".
	Command(text string) (json.RawMessage, error)
	// Vote counts a vote.
	Vote(room string, user message.User, address netip.Addr, poll string, option int) (Outcome, error)
	// Apply takes over what another process did.
	Apply(change json.RawMessage) error
	// State is the room's.
	State(room string) message.Room
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

// Tracks publish rooms as files; see package track.
type Tracks interface {
	// Add takes a publication, in the order in which everybody gets it.
	Add(room string, data []byte, sent time.Time)
	// Rooms are those that are published.
	Rooms() []string
}

// Author is who writes, and from where.
type Author struct {
	User       message.User
	Address    netip.Addr
	Connection string
}
