package moderation

import "github.com/globalfandom/lightstick/chat/message"

// Entry of the audit log: an action that was done, or refused.
type Entry struct {
	ID      string       `json:"id"` // unique, sorts by time
	Room    string       `json:"room"`
	At      int64        `json:"at"` // ms
	By      message.User `json:"by"`
	Via     string       `json:"via"` // command, page or rest
	Action  Action       `json:"act"`
	Name    string       `json:"name,omitempty"`    // of the user whom it was done to
	Done    string       `json:"done,omitempty"`    // what was done, in words
	Refused string       `json:"refused,omitempty"` // or why not
}
