package identity

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// Guest says who somebody without a token is. With a ticket of an earlier visit they
// keep their ID, and their name unless they now ask for another; a ticket that is too old
// or not ours is as good as none. The new ticket is theirs to keep.
//
// The error is a *message.Refusal: with CodeName if the name can't be theirs, with
// CodeUnavailable if that is not known right now. The identity and the ticket are good
// all the same, with the name that they had before or with none.
func (a *Authority) Guest(ctx context.Context, old, name string) (id Identity, ticket string, err error) {
	now := time.Now()
	t, known := a.tickets.open(old)
	if !known || now.Sub(t.made) > a.cfg.GuestLife || t.made.Sub(now) > time.Hour {
		t = newTicket(now)
	}
	a.metrics.guest(known)
	t.made = now
	before := t.name
	t.name = ""
	if name != "" {
		t.name, err = a.claim(ctx, name, t.user())
	}
	if t.name == "" && before != "" {
		kept, lost := a.claim(ctx, before, t.user())
		t.name = kept
		if err == nil {
			err = lost
		}
	}
	user := message.User{ID: t.user(), Name: t.name, Role: message.Guest}
	return Identity{User: user}, a.tickets.seal(t), err
}

// claim takes a name for a guest, if it is free.
func (a *Authority) claim(ctx context.Context, name, user string) (string, error) {
	shown := message.Name(name)
	if shown == "" {
		return "", message.Refuse(message.CodeName, "the name has nothing that can be shown")
	}
	if a.cfg.Accounts != nil {
		taken, err := a.cfg.Accounts.HasName(ctx, shown)
		if err != nil {
			return "", message.Refuse(message.CodeUnavailable, "names can't be checked right now")
		}
		if taken {
			return "", message.Refuse(message.CodeName, "that name belongs to an account; choose another, or sign in")
		}
	}
	if err := a.cfg.Names.Take(shown, user); err != nil {
		return "", err
	}
	return shown, nil
}
