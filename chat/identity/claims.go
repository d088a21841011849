package identity

import (
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/chat/message"
)

// Claims are what a token states of its holder. Subject and ExpiresAt must be there;
// of the registered claims aud, iss and nbf are looked at too.
type Claims struct {
	jwt.RegisteredClaims
	Name  string `json:"name,omitempty"`
	Role  string `json:"role,omitempty"`  // unknown or empty: member
	Color string `json:"color,omitempty"` // #rrggbb; anything else: none
	Bot   bool   `json:"bot,omitempty"`
	// Rooms are where the role counts; null or absent: everywhere, none: nowhere.
	Rooms []string `json:"rooms,omitempty"`
	// Password tells, in tokens of our own, which password the account had.
	Password string `json:"pwd,omitempty"`
}

// Bounds of claims.
const (
	maxSubject = 64 // bytes
	maxRooms   = 64
	maxRoom    = 128 // bytes
)

// Prefixes of IDs that only this server gives.
const (
	guestPrefix   = "guest-"
	accountPrefix = "account-"
)

func isGuestID(id string) bool { return strings.HasPrefix(id, guestPrefix) }

// checkSite reports what a site's token may not state.
func (c *Claims) checkSite() error {
	if err := c.check(); err != nil {
		return err
	}
	for _, prefix := range []string{guestPrefix, accountPrefix} {
		if strings.HasPrefix(c.Subject, prefix) {
			return fault("sub must not begin with %s, as this server's own IDs do", prefix)
		}
	}
	return nil
}

func (c *Claims) check() error {
	switch {
	case c.Subject == "":
		return fault("sub is missing")
	case len(c.Subject) > maxSubject || strings.ContainsFunc(c.Subject, unsafe):
		return fault("sub: use 1 to %d of a-z, A-Z, 0-9 and . _ : @ | + = ~ -", maxSubject)
	case len(c.Rooms) > maxRooms:
		return fault("rooms: use at most %d", maxRooms)
	}
	for _, room := range c.Rooms {
		if room == "" || len(room) > maxRoom {
			return fault("rooms: use names of 1 to %d bytes", maxRoom)
		}
	}
	return nil
}

// unsafe tells what would have to be escaped somewhere: in a command, a URL, a log.
func unsafe(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._:@|+=~-", r)
}

// user is what everybody sees of the token's holder.
func (c *Claims) user() message.User {
	u := message.User{ID: c.Subject, Name: message.Name(c.Name), Role: message.Role(c.Role), Bot: c.Bot}
	if !u.Role.Valid() {
		u.Role = message.Member
	}
	if IsColor(c.Color) {
		u.Color = strings.ToLower(c.Color)
	}
	if u.Name == "" {
		u.Name = message.Name(c.Subject)
	}
	return u
}

// IsColor tells whether text is a colour as #rrggbb.
func IsColor(text string) bool {
	if len(text) != 7 || text[0] != '#' {
		return false
	}
	for _, c := range []byte(text[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// tokenFault is an ErrToken with a reason.
type tokenFault struct{ reason string }

// Error is a sentence without anything of the token but the names of claims.
func (f *tokenFault) Error() string { return ErrToken.Error() + ": " + f.reason }

// Unwrap is ErrToken.
func (f *tokenFault) Unwrap() error { return ErrToken }

func fault(format string, args ...any) error { return &tokenFault{fmt.Sprintf(format, args...)} }

// date is a time as claims have it.
func date(t time.Time) *jwt.NumericDate { return jwt.NewNumericDate(t) }
