package store

import (
	"context"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store/statements"
	"github.com/globalfandom/lightstick/internal/sqlite"
)

// accountTable is built-in accounts.
type accountTable struct{ *database }

// CreateAccount implements Store.
func (t accountTable) CreateAccount(ctx context.Context, a Account) error {
	if err := a.validate(); err != nil {
		return err
	}
	if a.Created.IsZero() {
		return fmt.Errorf("%w: the account has no time", ErrInvalid)
	}
	return taken(t.write.InsertAccount(ctx, statements.InsertAccountParams{
		ID: a.ID, Key: a.Key, Name: a.Name, Password: string(a.Password), Role: string(a.Role), Color: a.Color,
		Created: a.Created.UnixMilli(), Disabled: a.Disabled,
	}))
}

// taken makes ErrExists of what the database says about a second of the ID or key.
func taken(err error) error {
	if sqlite.Taken(err) {
		return fmt.Errorf("an account of that name %w", ErrExists)
	}
	return fault(err)
}

func accountOf(row *statements.Account) (Account, error) {
	return Account{
		ID: row.ID, Key: row.Key, Name: row.Name, Password: PasswordHash(row.Password), Role: message.Role(row.Role), Color: row.Color,
		Created: time.UnixMilli(row.Created), Disabled: row.Disabled,
	}, nil
}

// Account implements Store.
func (t accountTable) Account(ctx context.Context, id string) (Account, error) {
	row, err := t.read.Account(ctx, id)
	return accountFound(&row, err)
}

// AccountByKey implements Store.
func (t accountTable) AccountByKey(ctx context.Context, key string) (Account, error) {
	row, err := t.read.AccountOfKey(ctx, key)
	return accountFound(&row, err)
}

func accountFound(row *statements.Account, err error) (Account, error) {
	if err != nil {
		return Account{}, fault(err)
	}
	return accountOf(row)
}

// Accounts implements Store.
func (t accountTable) Accounts(ctx context.Context, after string, n int) ([]Account, error) {
	if err := limit(&n, MaxPage); err != nil {
		return nil, err
	}
	rows, err := t.read.Accounts(ctx, after, int64(n))
	return convert(rows, err, accountOf)
}

// UpdateAccount implements Store.
func (t accountTable) UpdateAccount(ctx context.Context, a Account) error {
	if err := a.validate(); err != nil {
		return err
	}
	rows, err := t.write.UpdateAccount(ctx, statements.UpdateAccountParams{
		ID: a.ID, Key: a.Key, Name: a.Name, Password: string(a.Password), Role: string(a.Role), Color: a.Color, Disabled: a.Disabled,
	})
	if err != nil {
		return taken(err)
	}
	return affected(rows, nil)
}

// DeleteAccount implements Store.
func (t accountTable) DeleteAccount(ctx context.Context, id string) error {
	return affected(t.write.DeleteAccount(ctx, id))
}
