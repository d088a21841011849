package identity

import (
	"errors"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// Errors of tokens. What wraps them says why in words that may be shown.
var (
	// ErrToken: the token is not valid and will not be.
	ErrToken = errors.New("the token is not valid")
	// ErrExpired: it was valid; the client should fetch a new one and try again.
	ErrExpired = errors.New("the token has expired")
	// ErrUnavailable: what is needed to judge it does not answer; try again.
	ErrUnavailable = errors.New("sign-in can't be checked right now")
)

// Identity is who somebody is.
type Identity struct {
	// User is who they are in the rooms where their role counts. The name may be empty: a
	// guest without one, who may not write.
	User message.User
	// Rooms are where the role counts; nil: everywhere, none: nowhere. Elsewhere they are
	// a member, or a guest if that is what they are.
	Rooms []string
	// Expires is when the identity ends, unless it is refreshed; zero: never.
	Expires time.Time
	// Account is set if they have a built-in account.
	Account bool

	password string // which the account had: passwordMark
}

// In is the user as they are in a room.
func (i Identity) In(room string) message.User {
	user := i.User
	if i.Rooms != nil && !slices.Contains(i.Rooms, room) && user.Role.AtLeast(message.Member) {
		user.Role = message.Member
	}
	return user
}

// IsGuest tells whether they came without a token.
func (i Identity) IsGuest() bool { return i.User.Role == message.Guest && isGuestID(i.User.ID) }
