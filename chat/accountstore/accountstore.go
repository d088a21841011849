// Package accountstore keeps the accounts of chat/identity in chat/store.
package accountstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/store"
)

// maxAccounts is how many accounts there may be: all are kept in memory, at some
// 500 bytes each.
const maxAccounts = 20_000

// ErrFull: there are as many accounts as there may be.
var ErrFull = errors.New("there are too many accounts; let your own site sign people in with tokens")

// Store is an identity.Store.
type Store struct{ in store.Accounts }

// New makes a Store.
func New(in store.Accounts) *Store { return &Store{in} }

// Create implements identity.Store.
func (s *Store) Create(ctx context.Context, a identity.Account) error {
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	if len(all) >= maxAccounts {
		return ErrFull
	}
	return translate(s.in.CreateAccount(ctx, kept(a)))
}

// Get implements identity.Store.
func (s *Store) Get(ctx context.Context, id string) (identity.Account, error) {
	a, err := s.in.Account(ctx, id)
	if err != nil {
		return identity.Account{}, translate(err)
	}
	return given(a), nil
}

// List implements identity.Store.
func (s *Store) List(ctx context.Context) ([]identity.Account, error) {
	var all []identity.Account
	for after := ""; len(all) < maxAccounts; {
		page, err := s.in.Accounts(ctx, after, 0)
		if err != nil {
			return nil, translate(err)
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			all = append(all, given(a))
		}
		after = page[len(page)-1].ID
	}
	return all, nil
}

// Update implements identity.Store.
func (s *Store) Update(ctx context.Context, a identity.Account) error {
	return translate(s.in.UpdateAccount(ctx, kept(a)))
}

// Delete implements identity.Store.
func (s *Store) Delete(ctx context.Context, id string) error {
	return translate(s.in.DeleteAccount(ctx, id))
}

func kept(a identity.Account) store.Account {
	return store.Account{
		ID: a.ID, Name: a.Name, Key: a.Key, Password: store.PasswordHash(a.Password),
		Role: a.Role, Color: a.Color, Created: a.Created, Disabled: a.Disabled,
	}
}

func given(a store.Account) identity.Account {
	return identity.Account{
		ID: a.ID, Name: a.Name, Key: a.Key, Password: identity.PasswordHash(a.Password),
		Role: a.Role, Color: a.Color, Created: a.Created.UTC(), Disabled: a.Disabled,
	}
}

// translate gives the errors that identity knows.
func translate(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return identity.ErrNoAccount
	case errors.Is(err, store.ErrExists):
		return identity.ErrNameTaken
	case errors.Is(err, store.ErrInvalid):
		return fmt.Errorf("%w: %w", identity.ErrAccount, err)
	}
	return err
}
