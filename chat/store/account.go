package store

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// PasswordHash is a password as a slow hash has left it. It is never printed.
type PasswordHash string

// String masks the hash.
func (PasswordHash) String() string { return "********" }

// GoString masks it in %#v too.
func (p PasswordHash) GoString() string { return p.String() }

// LogValue implements slog.LogValuer.
func (p PasswordHash) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalJSON masks it in JSON.
func (p PasswordHash) MarshalJSON() ([]byte, error) { return []byte(`"********"`), nil }

// Account is a built-in account.
type Account struct {
	ID   string
	Name string // as everybody sees it
	// Key is the name as it is compared: folded by case and by what looks alike. It is
	// the caller's to make, and unique.
	Key      string
	Password PasswordHash
	Role     message.Role
	Color    string
	Created  time.Time
	Disabled bool
}

func (a *Account) validate() error {
	if !a.Role.Valid() {
		return fmt.Errorf("%w: %q is no role", ErrInvalid, a.Role)
	}
	if err := required(field{"ID", a.ID, MaxSubject}, field{"name", a.Name, MaxName}, field{"key", a.Key, MaxName}); err != nil {
		return err
	}
	return fields(field{"password hash", string(a.Password), MaxName}, field{"colour", a.Color, MaxID})
}
