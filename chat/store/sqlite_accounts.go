package store

import (
	"context"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/internal/sqlite"
)

// CreateAccount implements Store.
func (s *SQLite) CreateAccount(ctx context.Context, a Account) error {
	if err := a.validate(); err != nil {
		return err
	}
	if a.Created.IsZero() {
		return fmt.Errorf("%w: the account has no time", ErrInvalid)
	}
	_, err := s.writer.ExecContext(ctx, "INSERT INTO accounts (id, key, name, password, role, color, created, disabled) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, a.Key, a.Name, string(a.Password), string(a.Role), a.Color, a.Created.UnixMilli(), a.Disabled)
	return taken(err)
}

// taken makes ErrExists of what the database says about a second of the ID or key.
func taken(err error) error {
	if sqlite.Taken(err) {
		return fmt.Errorf("an account of that name %w", ErrExists)
	}
	return fault(err)
}

const selectAccounts = "SELECT id, key, name, password, role, color, created, disabled FROM accounts WHERE "

func scanAccount(row scanner) (a Account, err error) {
	var created int64
	err = row.Scan(&a.ID, &a.Key, &a.Name, (*string)(&a.Password), (*string)(&a.Role), &a.Color, &created, &a.Disabled)
	a.Created = time.UnixMilli(created)
	return a, err
}

// Account implements Store.
func (s *SQLite) Account(ctx context.Context, id string) (Account, error) {
	return s.account(ctx, "id = ?", id)
}

// AccountByKey implements Store.
func (s *SQLite) AccountByKey(ctx context.Context, key string) (Account, error) {
	return s.account(ctx, "key = ?", key)
}

func (s *SQLite) account(ctx context.Context, condition, arg string) (Account, error) {
	a, err := scanAccount(s.reader.QueryRowContext(ctx, selectAccounts+condition, arg))
	if err != nil {
		return Account{}, fault(err)
	}
	return a, nil
}

// Accounts implements Store.
func (s *SQLite) Accounts(ctx context.Context, after string, n int) ([]Account, error) {
	if err := limit(&n, MaxPage); err != nil {
		return nil, err
	}
	return collect(ctx, s.reader, scanAccount, selectAccounts+"id > ? ORDER BY id LIMIT ?", after, n)
}

// UpdateAccount implements Store.
func (s *SQLite) UpdateAccount(ctx context.Context, a Account) error {
	if err := a.validate(); err != nil {
		return err
	}
	result, err := s.writer.ExecContext(ctx, "UPDATE accounts SET key = ?, name = ?, password = ?, role = ?, color = ?, disabled = ? WHERE id = ?",
		a.Key, a.Name, string(a.Password), string(a.Role), a.Color, a.Disabled, a.ID)
	if err != nil {
		return taken(err)
	}
	return affected(result, nil)
}

// DeleteAccount implements Store.
func (s *SQLite) DeleteAccount(ctx context.Context, id string) error {
	return affected(s.writer.ExecContext(ctx, "DELETE FROM accounts WHERE id = ?", id))
}
