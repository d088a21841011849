package chat

import (
	"errors"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// author is who a client is in a room, right now: accounts are given other roles,
// locked and deleted while their connections go on. The error is a *message.Refusal.
func (cs *clients) author(c *centrifuge.Client, room string) (Author, error) {
	who := sessionOf(c)
	who.mu.Lock()
	before := who.person
	who.mu.Unlock()
	person, err := cs.cfg.Authority.Recheck(c.Context(), before)
	switch {
	case errors.Is(err, identity.ErrToken):
		go c.Disconnect(disconnectToken(err)) // not under the client's own call
		return Author{}, message.Refuse(message.CodeMayNot, "sign in again: %v", err)
	case errors.Is(err, identity.ErrExpired):
		person = before // the connection is about to be refreshed, or closed
	case err != nil:
		return Author{}, message.Refuse(message.CodeUnavailable, "who you are can't be checked right now")
	case person.User != before.User:
		who.mu.Lock()
		if who.person.User == before.User { // nothing newer came in between
			who.person.User = person.User
		}
		who.mu.Unlock()
	}
	return Author{User: person.In(room), Everywhere: person.In(moderation.AllRooms).Role, Address: who.address, Connection: c.ID()}, nil
}
