package identity

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/randomid"
)

// NewAccount is what an account is made of.
type NewAccount struct {
	Name     string
	Role     message.Role // "": member
	Color    string       // #rrggbb, or ""
	Password string       // "": can't sign in
}

// Create makes an account. It fails with ErrNameTaken, ErrFull, ErrAccount or ErrPassword.
func (a *Accounts) Create(ctx context.Context, n NewAccount) (Account, error) {
	account := Account{
		ID: accountPrefix + randomid.Base32(16), Name: n.Name, Key: a.names.Key(n.Name), Role: n.Role,
		Color: strings.ToLower(n.Color), Created: time.Now().UTC().Truncate(time.Second),
	}
	account.Role = cmp.Or(account.Role, message.Member)
	if err := account.check(); err != nil {
		return Account{}, err
	}
	if n.Password != "" {
		hash, err := a.hasher.hash(ctx, n.Password)
		if err != nil {
			return Account{}, err
		}
		account.Password = PasswordHash(hash)
	}
	a.changed() // look at what is in the store, not at what was
	known, err := a.now(ctx)
	switch {
	case err != nil:
		return Account{}, err
	case known.byName[account.Key] != "":
		return Account{}, ErrNameTaken
	case len(known.byID) >= maxAccounts:
		return Account{}, ErrFull
	}
	defer a.changed()
	if err := a.store.CreateAccount(ctx, account); err != nil {
		return Account{}, fmt.Errorf("creating an account: %w", err)
	}
	return account, nil
}

// check reports what an account can't have.
func (a *Account) check() error {
	switch {
	case a.Name == "" || message.Name(a.Name) != a.Name:
		return fmt.Errorf("%w: use a name of 1 to %d visible characters", ErrAccount, message.MaxName)
	case !a.Role.Valid() || a.Role == message.Guest:
		return fmt.Errorf("%w: use the role host, moderator, subscriber or member", ErrAccount)
	case a.Color != "" && !IsColor(a.Color):
		return fmt.Errorf("%w: write the color as #rrggbb", ErrAccount)
	}
	return nil
}

// SetRole changes an account's role. Who is signed in has it after Authority.Recheck,
// and at their next connection.
func (a *Accounts) SetRole(ctx context.Context, id string, role message.Role) error {
	return a.update(ctx, id, func(account *Account) error {
		account.Role = role
		return account.check()
	})
}

// SetPassword changes an account's password and ends its tokens.
func (a *Accounts) SetPassword(ctx context.Context, id, password string) error {
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return a.update(ctx, id, func(account *Account) error {
		account.Password = PasswordHash(hash)
		return nil
	})
}

// SetDisabled locks an account out and ends its tokens, or lets it in again.
func (a *Accounts) SetDisabled(ctx context.Context, id string, disabled bool) error {
	return a.update(ctx, id, func(account *Account) error {
		account.Disabled = disabled
		return nil
	})
}

// Delete deletes an account and ends its tokens.
func (a *Accounts) Delete(ctx context.Context, id string) error {
	defer a.changed()
	if err := a.store.DeleteAccount(ctx, id); err != nil {
		return fmt.Errorf("deleting %s: %w", id, err)
	}
	return nil
}

func (a *Accounts) update(ctx context.Context, id string, change func(*Account) error) error {
	account, err := a.store.Account(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	if err := change(&account); err != nil {
		return err
	}
	defer a.changed()
	if err := a.store.UpdateAccount(ctx, account); err != nil {
		return fmt.Errorf("changing %s: %w", id, err)
	}
	return nil
}
