package moderation

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// How often reports may be made: each goes into the audit log, which must not be filled
// by whoever likes to.
const (
	reportInterval     = 5 * time.Second        // between two of one person
	reportRoomInterval = 500 * time.Millisecond // between two in a room, by anybody
	reportAgain        = 24 * time.Hour         // the same message by the same person
)

// doReport tells the moderators of a message: the report stands in the audit log, with
// the message as it is now. It is the one action that everybody may do.
func doReport(ctx context.Context, t *execution) error {
	m, ok := t.cfg.Participants.Message(ctx, t.action.Room, t.action.Message)
	if !ok {
		return refuse("that message is not here any more")
	}
	if m.User.ID == t.actor.ID {
		return refuse("that is your own message")
	}
	for _, limit := range []struct {
		key      string
		interval time.Duration
	}{
		{"report:" + t.actor.ID, reportInterval},
		{"report in:" + t.action.Room, reportRoomInterval},
	} {
		if wait := t.cooldowns.take(ctx, limit.key, limit.interval); wait > 0 {
			return message.Later(message.CodeTooFast, wait, "wait a little before the next report")
		}
	}
	if t.cooldowns.take(ctx, "report:"+t.actor.ID+":"+m.ID, reportAgain) > 0 {
		return refuse("you have reported that message already")
	}
	t.target = m.User
	t.action.User, t.action.Text = m.User.ID, m.Text
	t.setDone("reported the message to the moderators")
	return nil
}
