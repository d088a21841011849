package store

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// Audit is one action of a moderator, or of what acts by itself.
type Audit struct {
	ID        int64 // given by AppendAudit; grows
	At        time.Time
	Room      string // or moderation.AllRooms
	Act       string // delete, ban, slow and so on
	Actor     string // ID of who did it
	ActorName string
	User      string // ID of whom it is about; "" if nobody
	UserName  string
	Network   netip.Prefix // that it is about; a single address has all bits
	Message   string       // ID of the message that it is about
	Reason    string
	Detail    json.RawMessage // what else there is to say; a JSON value, or nothing
}

func (a *Audit) validate() error {
	if a.At.IsZero() {
		return fmt.Errorf("%w: the act has no time", ErrInvalid)
	}
	if err := jsonValue("detail", a.Detail, MaxDetail); err != nil {
		return err
	}
	if err := required(field{"room", a.Room, MaxSubject}, field{"act", a.Act, MaxID}); err != nil {
		return err
	}
	return fields(field{"actor", a.Actor, MaxSubject}, field{"actor's name", a.ActorName, MaxName},
		field{"user", a.User, MaxSubject}, field{"user's name", a.UserName, MaxName},
		field{"message", a.Message, MaxID}, field{"reason", a.Reason, MaxReason})
}

// AuditQuery says which actions are wanted; its zero value wants the newest DefaultPage.
type AuditQuery struct {
	Room     string // "": any
	User     string // who did it, or whom it is about; "": anybody
	Act      string // "": any
	From, To time.Time
	Before   int64 // acts with a lower ID, to page on; 0: from the newest
	Limit    int
}

func (q *AuditQuery) validate() error {
	if err := limit(&q.Limit, DefaultPage); err != nil {
		return err
	}
	return fields(field{"room", q.Room, MaxSubject}, field{"user", q.User, MaxSubject}, field{"act", q.Act, MaxID})
}
