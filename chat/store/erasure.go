package store

import "time"

// Erasure is what Erase did. In the store
//   - messages that the person wrote are gone, with names, texts and addresses;
//   - messages of others lose their quotes of them and the mention of their ID; what
//     others wrote in their own words stays;
//   - events and rooms' settings lose their messages and name (a pinned message);
//   - actions of the audit log stay, with a pseudonym for their ID and without their name, their
//     address, the reason and details of actions against them or a message of theirs;
//   - sanctions that still hold stay, with the pseudonym and without name and reason;
//     ended ones are gone. Sanctions of networks stay as they are;
//   - the account is gone.
//
// The pseudonym is a keyed hash; the key lies in the same store.
//
// What was published outside of the store (chat objects of a CDN, recordings) is the
// caller's to rewrite: Spans says where it was.
type Erasure struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Pseudonym string    `json:"pseudonym"` // of the user's ID
	Messages  int       `json:"messages"`  // messages that are gone
	Rewritten int       `json:"rewritten"` // messages and events of others, and rooms, that lost something
	Audit     int       `json:"audit"`     // actions that lost something
	Sanctions int       `json:"sanctions"` // sanctions that go on under the pseudonym
	Account   bool      `json:"account"`   // there was an account
	// LogKept: what was erased may still be in the database's log (chat.db-wal), since
	// a reader needed it. It goes with the next erasure, or when the last process
	// closes the store.
	LogKept bool   `json:"log_kept"`
	Spans   []Span `json:"spans"` // by room, then by time; few and long rather than many
}

// Span is a part of a room's history in which something was erased. Objects are found
// by either clock; both ends are included.
type Span struct {
	Room     string    `json:"room"`
	SentFrom time.Time `json:"sent_from"` // the server's clock
	SentTo   time.Time `json:"sent_to"`
	AtFrom   time.Time `json:"at_from"` // program date time
	AtTo     time.Time `json:"at_to"`
}
