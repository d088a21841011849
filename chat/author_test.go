package chat

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// changing is an authority that has changed its mind: everybody has the role now, or
// with "gone" none.
type changing struct {
	guests
	role atomic.Value
}

func (c *changing) Recheck(_ context.Context, before identity.Identity) (identity.Identity, error) {
	switch role, _ := c.role.Load().(string); role {
	case "":
	case "gone":
		return identity.Identity{}, identity.ErrToken
	case "unknown":
		return identity.Identity{}, identity.ErrUnavailable
	default:
		before.User.Role = message.Role(role)
	}
	return before, nil
}

// TestRolesChange takes an account's role, and then the account, while it is connected.
func TestRolesChange(t *testing.T) {
	authority := &changing{}
	_, url := serve(t, func(c *Config) { c.Authority = authority })
	yuna := chattest.Enter(t, url, chattest.Object{"token": "moderator/Yuna"}, "show")
	act := chattest.Object{"room": "show", "act": "slow", "seconds": 5}
	if r := yuna.Call("act", act); r.Code() != 0 {
		t.Fatalf("a moderator is refused: %+v", r)
	}
	authority.role.Store("unknown")
	if r := yuna.Call("act", act); r.Code() != int(message.CodeUnavailable) {
		t.Errorf("while nobody knows: %d", r.Code())
	}
	authority.role.Store("member")
	if r := yuna.Call("act", act); r.Code() != int(message.CodeMayNot) {
		t.Errorf("as a member: %d", r.Code())
	}
	if code := yuna.Say("show", chattest.Object{"text": "still here"}); code != 0 {
		t.Errorf("as a member, to write: %d", code)
	}
	authority.role.Store("gone")
	yuna.Send(chattest.Object{"id": 99, "publish": chattest.Object{"channel": "chat:show", "data": chattest.Object{"text": "boo"}}})
	if code := yuna.End(); code != 4502 {
		t.Errorf("ended with %d, want 4502", code)
	}
}

// A token may give the role of a guest; its holder has no ticket, and keeps their name.
func TestGuestsByTokenKeepTheirNames(t *testing.T) {
	_, url := serve(t, nil)
	mina := chattest.Enter(t, url, chattest.Object{"token": "guest/Mina"}, "show")
	if r := mina.Call("name", chattest.Object{"name": "Other"}); r.Code() != int(message.CodeName) {
		t.Errorf("%+v", r)
	}
}
