package chat

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// nameTries is how many names that are like the one that is taken are tried.
const nameTries = 4

// guest makes a guest. If somebody has their name, they get a number behind it: programs
// and those who come back without their ticket can write at once, and the page lets them
// choose another. Who can't have any reads, until they write.
func (cs *clients) guest(ctx context.Context, h hello) (identity.Identity, string) {
	if cs.moderator.CheckName(h.Name) != nil {
		h.Name = ""
	}
	person, ticket, err := cs.cfg.Authority.Guest(ctx, h.Guest, h.Name)
	for i := 0; err != nil && person.User.Name == "" && h.Name != "" && i < nameTries; i++ {
		name := fmt.Sprintf("%.*s %d", message.MaxName-4, h.Name, rand.N(98)+2)
		person, ticket, err = cs.cfg.Authority.Guest(ctx, ticket, name)
	}
	return person, ticket
}

// named gives a guest a name who writes without having one, where guests write: a client
// that knows only how to publish can't choose. The page asks for a name before.
func (cs *clients) named(c *centrifuge.Client, a Author) Author {
	who := sessionOf(c)
	if cs.cfg.Guests != GuestsWrite || a.User.Name != "" || a.User.Role != message.Guest {
		return a
	}
	who.mu.Lock()
	ticket := who.ticket
	who.mu.Unlock()
	if ticket == "" {
		return a
	}
	number := fnv.New32a() // of their own, so that they are the same when they come back
	_, _ = number.Write([]byte(a.User.ID))
	for i := range uint32(nameTries) {
		name := fmt.Sprintf("Guest %d", 1000+(number.Sum32()+i)%9000)
		person, ticket, err := cs.cfg.Authority.Guest(c.Context(), ticket, name)
		if err == nil {
			who.become(person, ticket)
			a.User.Name = person.User.Name
			return a
		}
	}
	return a
}

// rename gives a guest a name of their choice.
func (cs *clients) rename(c *centrifuge.Client, a Author, name string) (any, error) {
	who := sessionOf(c)
	who.mu.Lock()
	ticket := who.ticket
	who.mu.Unlock()
	if ticket == "" { // they came with a token, whatever role that gives them
		return nil, message.Refuse(message.CodeName, "your name comes with your account")
	}
	if err := cs.writer.take(names, "", a); err != nil {
		return nil, err
	}
	if err := cs.moderator.CheckName(name); err != nil {
		return nil, err
	}
	person, ticket, err := cs.cfg.Authority.Guest(c.Context(), ticket, name)
	if err != nil {
		return nil, err
	}
	who.become(person, ticket)
	return map[string]any{"user": person.User, "guest": ticket}, nil
}

// become changes who a guest is.
func (s *session) become(person identity.Identity, ticket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person, s.ticket = person, ticket
}
