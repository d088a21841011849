package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/chat/moderation"
)

// auditDetail is the part of an entry of the audit log that has no column.
type auditDetail struct {
	Via     string   `json:"via,omitempty"`
	Done    string   `json:"done,omitempty"`
	Refused string   `json:"refused,omitempty"`
	Text    string   `json:"text,omitempty"`
	Options []string `json:"options,omitempty"`
	Seconds int64    `json:"seconds,omitempty"`
	Color   string   `json:"color,omitempty"`
	On      bool     `json:"on,omitempty"`
}

// AuditDetail is what else there is to say about an action than exports and the API have
// fields for, as a JSON object; nil: nothing.
func AuditDetail(e *moderation.Entry) json.RawMessage {
	data, _ := json.Marshal(auditDetail{ // of types that can't fail
		Via: e.Via, Done: e.Done, Refused: e.Refused, Text: e.Action.Text, Options: e.Action.Options,
		Seconds: e.Action.Seconds, Color: e.Action.Color, On: e.Action.On,
	})
	if string(data) == "{}" {
		return nil
	}
	return data
}

func validateAudit(e *moderation.Entry) error {
	if e.At <= 0 {
		return fmt.Errorf("%w: the act has no time", ErrInvalid)
	}
	a := &e.Action
	if err := required(field{"room", e.Room, MaxSubject}, field{"act", a.Kind, MaxID}); err != nil {
		return err
	}
	return fields(field{"detail", string(AuditDetail(e)), MaxDetail}, field{"actor", e.By.ID, MaxSubject}, field{"actor's name", e.By.Name, MaxName},
		field{"user", a.User, MaxSubject}, field{"user's name", e.Name, MaxName},
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
