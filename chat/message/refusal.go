package message

import (
	"fmt"
	"time"
)

// Code tells a client why something was refused; it is the code of the error that
// the centrifuge protocol answers with. Text is for people and may change.
type Code uint32

// Codes of refusals.
const (
	CodeBad         Code = 4000 // the message can't be read, is empty or too long
	CodeTooFast     Code = 4001 // rate limit, slow mode or flood: retry later
	CodeFiltered    Code = 4002 // words, links, repeats, emote-only
	CodeMayNot      Code = 4003 // the role does not suffice here
	CodeTimeout     Code = 4004 // may not write for a while
	CodeBanned      Code = 4005
	CodeNoRoom      Code = 4006 // there is no such room
	CodeUnavailable Code = 4007 // something that must be asked does not answer: retry
	CodeName        Code = 4008 // the name is taken, empty or not allowed
	CodeAction      Code = 4009 // a command or act that can't be done as asked
)

// Refusal is the error of what was refused.
type Refusal struct {
	Code   Code
	Reason string
	Retry  time.Duration // when to try again; 0: it will not help
}

// Refuse makes a refusal.
func Refuse(code Code, reason string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(reason, args...)}
}

// Later makes a refusal with the time after which it no longer holds.
func Later(code Code, retry time.Duration, reason string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(reason, args...), Retry: retry}
}

// Error tells the reason, and the time to wait in a form that clients can read:
// "… retry in 1200 ms".
func (r *Refusal) Error() string {
	if r.Retry <= 0 {
		return r.Reason
	}
	return fmt.Sprintf("%s; retry in %d ms", r.Reason, max(1, r.Retry.Milliseconds()))
}
