package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/store/statements"
	"github.com/globalfandom/lightstick/internal/sqlite"
)

// accountTable is built-in accounts.
type accountTable struct{ *database }

// CreateAccount implements Store.
func (t accountTable) CreateAccount(ctx context.Context, a identity.Account) error {
	if err := validateAccount(&a); err != nil {
		return err
	}
	return accountFault(t.write.InsertAccount(ctx, statements.InsertAccountParams{
		ID: a.ID, Key: a.Key, Name: a.Name, Password: a.Password, Role: a.Role, Color: a.Color, Created: a.Created.UnixMilli(), Disabled: a.Disabled,
	}))
}

// validateAccount fails for what can't be kept.
func validateAccount(a *identity.Account) error {
	err := required(field{"ID", a.ID, MaxSubject}, field{"name", a.Name, MaxName}, field{"key", a.Key, MaxName})
	switch {
	case err != nil:
	case !a.Role.Valid():
		err = fmt.Errorf("%w: %q is no role", ErrInvalid, a.Role)
	case a.Created.IsZero():
		err = fmt.Errorf("%w: the account has no time", ErrInvalid)
	default:
		err = fields(field{"password hash", string(a.Password), MaxName}, field{"colour", a.Color, MaxID})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", identity.ErrAccount, err)
	}
	return nil
}

// accountFault makes errors of package identity of what the database says.
func accountFault(err error) error {
	switch {
	case sqlite.Taken(err): // the ID or the key
		return identity.ErrNameTaken
	case errors.Is(err, sql.ErrNoRows):
		return identity.ErrNoAccount
	}
	return fault(err)
}

func accountOf(row *statements.Account) (identity.Account, error) {
	return identity.Account{
		ID: row.ID, Key: row.Key, Name: row.Name, Password: row.Password, Role: row.Role, Color: row.Color,
		Created: time.UnixMilli(row.Created).UTC(), Disabled: row.Disabled,
	}, nil
}

// Account implements Store.
func (t accountTable) Account(ctx context.Context, id string) (identity.Account, error) {
	row, err := t.read.Account(ctx, id)
	if err != nil {
		return identity.Account{}, accountFault(err)
	}
	return accountOf(&row)
}

// Accounts implements Store.
func (t accountTable) Accounts(ctx context.Context, after string, n int) ([]identity.Account, error) {
	if err := limit(&n, MaxPage); err != nil {
		return nil, err
	}
	rows, err := t.read.Accounts(ctx, after, int64(n))
	return convert(rows, err, accountOf)
}

// UpdateAccount implements Store.
func (t accountTable) UpdateAccount(ctx context.Context, a identity.Account) error {
	if err := validateAccount(&a); err != nil {
		return err
	}
	return accountAffected(t.write.UpdateAccount(ctx, statements.UpdateAccountParams{
		ID: a.ID, Key: a.Key, Name: a.Name, Password: a.Password, Role: a.Role, Color: a.Color, Disabled: a.Disabled,
	}))
}

// DeleteAccount implements Store.
func (t accountTable) DeleteAccount(ctx context.Context, id string) error {
	return accountAffected(t.write.DeleteAccount(ctx, id))
}

func accountAffected(rows int64, err error) error {
	if err == nil && rows == 0 {
		return identity.ErrNoAccount
	}
	return accountFault(err)
}
