package store

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// Entry is one publication of a room: a message, or an event.
type Entry struct {
	Room string
	// Kind is "" for a message, or message.TypeDelete, TypeRoom, TypeWave and the like.
	Kind string
	// Message is the message. Of an event only ID, At, Sent and User.ID (who caused it)
	// are kept.
	Message message.Message
	// Event is what was published, a JSON object. Of a message, who has its encoding may
	// give it, which is then kept as it is; nil: the store encodes the message. The store
	// gives back that of events only.
	Event json.RawMessage
	// Address is where the author wrote from; the zero Addr: not known.
	Address netip.Addr
	// Shadow: only its author has seen the message.
	Shadow bool
	// Deleted tells who took the message away; nil: nobody.
	Deleted *Deletion
}

// Deletion is who deleted something, and when.
type Deletion struct {
	By string // ID of a user; what else acts, such as a filter, has a name of its own
	At time.Time
}

// Limits of what is kept, in bytes unless they say otherwise.
const (
	MaxID       = 64 // of messages; sizes of rooms' and users' IDs are MaxSubject
	MaxSubject  = 256
	MaxName     = 512
	MaxMessage  = 16 << 10 // the texts of a message, or an event
	MaxSettings = 256 << 10
	MaxReason   = 2 << 10
	MaxDetail   = 16 << 10  // of an action
	MaxEntries  = 10_000    // entries in one Append, IDs in one MarkDeleted
	MaxPage     = 1000      // entries, actions, sanctions or accounts in one answer
	DefaultPage = 50        // if a query has no limit
	maxTime     = 1<<53 - 1 // ms; JSON numbers are exact up to there
)

// Validate tells why the entry can't be kept; the error is an ErrInvalid.
func (e *Entry) Validate() error {
	m := &e.Message
	switch {
	case m.ID == "":
		return fmt.Errorf("%w: the entry has no ID", ErrInvalid)
	case e.Room == "":
		return fmt.Errorf("%w: the entry has no room", ErrInvalid)
	case m.At < 0 || m.At > maxTime || m.Sent < 0 || m.Sent > maxTime:
		return fmt.Errorf("%w: the entry's time is out of range", ErrInvalid)
	case e.Kind != "" && !json.Valid(e.Event):
		return fmt.Errorf("%w: the event is not JSON", ErrInvalid)
	}
	if err := fields(field{"room", e.Room, MaxSubject}, field{"ID", m.ID, MaxID}, field{"kind", e.Kind, MaxID},
		field{"event", string(e.Event), MaxMessage}, field{"user", m.User.ID, MaxSubject}, field{"name", m.User.Name, MaxName},
		field{"role", string(m.User.Role), MaxID}, field{"colour", m.User.Color, MaxID}); err != nil {
		return err
	}
	if err := validateText(m); err != nil {
		return err
	}
	if e.Deleted != nil {
		return e.Deleted.validate()
	}
	return nil
}

// validateText bounds what a message says, all in all.
func validateText(m *message.Message) error {
	texts := []string{m.Text, m.User.Name}
	if m.Reply != nil {
		texts = append(texts, m.Reply.ID, m.Reply.User, m.Reply.Name, m.Reply.Text)
	}
	size := 0
	for _, list := range [][]string{texts, m.Mentions} {
		for _, text := range list {
			if err := (field{"text", text, MaxMessage}).validate(); err != nil {
				return err
			}
			size += len(text)
		}
	}
	if size += 3 * len(m.Mentions); size > MaxMessage { // quotes and comma
		return fmt.Errorf("%w: the message has %d bytes; at most %d are kept", ErrInvalid, size, MaxMessage)
	}
	return nil
}

func (d *Deletion) validate() error {
	if d.At.IsZero() {
		return fmt.Errorf("%w: the deletion has no time", ErrInvalid)
	}
	return field{"by", d.By, MaxSubject}.validate()
}

// Query says which entries of a room are wanted. The zero Query wants the newest
// DefaultPage messages that everybody saw.
type Query struct {
	// From and To bound program date time: From is included, To is not. The zero time
	// is no bound.
	From, To time.Time
	// After and Before bound IDs; neither is included. With From or To entries have
	// the order of (At, ID), and the bounds are the pairs (From, After) and
	// (To, Before); without, that of IDs. See Next.
	After, Before string
	// User wants what one user wrote or caused; "": anybody.
	User string
	// Limit bounds the answer; 0: DefaultPage, at most MaxPage.
	Limit int
	// Forward wants the first that match, not the last. The answer ascends either way.
	Forward bool
	// Deleted, Shadow and Events want these entries as well.
	Deleted, Shadow, Events bool
}

// Next is the query for what follows an answer that ended with last; the query
// should be Forward.
func (q Query) Next(last *Entry) Query {
	q.After = last.Message.ID
	if q.ByTime() {
		q.From = time.UnixMilli(last.Message.At)
	}
	return q
}

// Previous is the query for what comes before an answer that began with first.
func (q Query) Previous(first *Entry) Query {
	q.Before = first.Message.ID
	if q.ByTime() {
		q.To = time.UnixMilli(first.Message.At)
	}
	return q
}

// ByTime tells whether the answer has the order of program date time.
func (q Query) ByTime() bool { return !q.From.IsZero() || !q.To.IsZero() }

func (q *Query) validate(room string) error {
	if room == "" {
		return fmt.Errorf("%w: the query has no room", ErrInvalid)
	}
	if err := limit(&q.Limit, DefaultPage); err != nil {
		return err
	}
	return fields(field{"room", room, MaxSubject}, field{"user", q.User, MaxSubject},
		field{"after", q.After, MaxID}, field{"before", q.Before, MaxID})
}
