package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/globalfandom/lightstick/chat/message"
)

// Errors of accounts.
var (
	ErrNoAccount = errors.New("no such account")
	ErrNameTaken = errors.New("another account has that name, or one that looks like it")
	ErrAccount   = errors.New("invalid account") // the error that wraps it says what can't be
	// ErrFull: there are as many accounts as there may be.
	ErrFull       = errors.New("there are too many accounts; let your own site sign people in with tokens")
	errNoPassword = errors.New("the name or the password is wrong")
)

// Account is a built-in account. It signs in with its name and a password.
type Account struct {
	ID   string // begins with "account-"; given by Accounts
	Name string // as everybody sees it
	// Key is Names.Key of the name when it was given; a Store keeps it unique.
	Key      string
	Role     message.Role
	Color    string       // #rrggbb, or ""
	Password PasswordHash // "": can't sign in
	Disabled bool         // can't sign in, and its tokens have ended
	Created  time.Time
}

// User is what everybody sees.
func (a Account) User() message.User {
	return message.User{ID: a.ID, Name: a.Name, Role: a.Role, Color: a.Color}
}

// Store keeps accounts. Of two concurrent updates of one account either may win.
type Store interface {
	// CreateAccount fails with ErrNameTaken if another account has the ID or the Key.
	CreateAccount(ctx context.Context, a Account) error
	// Account finds one by its ID. It fails with ErrNoAccount.
	Account(ctx context.Context, id string) (Account, error)
	// Accounts lists up to limit accounts by ID, those after the given one.
	Accounts(ctx context.Context, after string, limit int) ([]Account, error)
	// UpdateAccount replaces all of an account but its ID and time of creation. It
	// fails with ErrNoAccount or ErrNameTaken.
	UpdateAccount(ctx context.Context, a Account) error
	// DeleteAccount fails with ErrNoAccount.
	DeleteAccount(ctx context.Context, id string) error
}

const (
	// maxAccounts is how many accounts there may be: all are kept in memory, at some
	// 500 bytes each.
	maxAccounts = 20_000
	pageSize    = 1000 // of one question to the store
)

// readAll reads all accounts, by ID.
func readAll(ctx context.Context, s Store) (all []Account, err error) {
	for after := ""; len(all) < maxAccounts; after = all[len(all)-1].ID {
		page, err := s.Accounts(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); len(page) < pageSize {
			break
		}
	}
	return all, nil
}

// Accounts are the built-in accounts. They are few, those of a team and its bots: all
// are kept in memory, and read anew when they are older than a moment, because other
// processes change them too. Accounts may be used concurrently.
type Accounts struct {
	store  Store
	names  *Names
	log    *slog.Logger
	hasher *hasher

	reads   singleflight.Group
	changes atomic.Int64 // that were made here: what was read before one is old
	known   atomic.Pointer[accounts]
}

// accounts is what was in the store at one time. It is never changed.
type accounts struct {
	read    time.Time
	changes int64
	byID    map[string]Account
	byName  map[string]string // ID by Names.Key
}

const (
	accountsAge = 2 * time.Second // how old what is known may be
	readTimeout = 2 * time.Second
)

// NewAccounts makes Accounts. Names that look alike by names are one name.
func NewAccounts(s Store, names *Names, log *slog.Logger) *Accounts {
	return &Accounts{store: s, names: names, log: log, hasher: newHasher()}
}

// now is the accounts as they were at most a moment ago. All who ask at once share one
// answer of the store.
func (a *Accounts) now(ctx context.Context) (*accounts, error) {
	changes := a.changes.Load()
	if known := a.known.Load(); known != nil && known.changes == changes && time.Since(known.read) < accountsAge {
		return known, nil
	}
	fresh, err, _ := a.reads.Do(strconv.FormatInt(changes, 10), func() (any, error) { return a.load(ctx, changes) })
	if err != nil {
		return nil, err
	}
	return fresh.(*accounts), nil
}

func (a *Accounts) load(ctx context.Context, changes int64) (*accounts, error) {
	// The answer is for all who wait, so it doesn't end with one of them.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	defer cancel()
	all, err := readAll(ctx, a.store)
	if err != nil {
		a.log.Warn("chat accounts can't be read", "err", err)
		return nil, fmt.Errorf("accounts: %w", err)
	}
	fresh := &accounts{time.Now(), changes, make(map[string]Account, len(all)), make(map[string]string, len(all))}
	for _, account := range all {
		fresh.byID[account.ID] = account
		fresh.byName[a.names.Key(account.Name)] = account.ID
	}
	a.known.Store(fresh)
	return fresh, nil
}

// changed makes the next reader ask the store.
func (a *Accounts) changed() { a.changes.Add(1) }

// Get is an account as it was at most a moment ago; ErrNoAccount: there is none.
func (a *Accounts) Get(ctx context.Context, id string) (Account, error) {
	known, err := a.now(ctx)
	if err != nil {
		return Account{}, err
	}
	account, there := known.byID[id]
	if !there {
		return Account{}, ErrNoAccount
	}
	return account, nil
}

// ByName finds an account by a name that looks like its own.
func (a *Accounts) ByName(ctx context.Context, name string) (Account, error) {
	known, err := a.now(ctx)
	if err != nil {
		return Account{}, err
	}
	id, there := known.byName[a.names.Key(message.Name(name))]
	if !there {
		return Account{}, ErrNoAccount
	}
	return known.byID[id], nil
}

// HasName tells whether an account's name looks like this one.
func (a *Accounts) HasName(ctx context.Context, name string) (bool, error) {
	_, err := a.ByName(ctx, name)
	if errors.Is(err, ErrNoAccount) {
		return false, nil
	}
	return err == nil, err
}

// Any tells whether there are accounts, as far as is known.
func (a *Accounts) Any(ctx context.Context) bool {
	known, err := a.now(ctx)
	if err != nil { // logged
		known = a.known.Load()
	}
	return known != nil && len(known.byID) > 0
}

// List is all accounts, without their passwords.
func (a *Accounts) List(ctx context.Context) ([]Account, error) {
	all, err := readAll(ctx, a.store)
	for i := range all {
		all[i].Password = ""
	}
	return all, err
}

// login is the account of a name and password. A name that isn't known takes as long
// as a wrong password.
func (a *Accounts) login(ctx context.Context, name, password string) (Account, error) {
	account, err := a.ByName(ctx, name)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Account{}, err
	}
	ok, err := a.hasher.check(ctx, password, string(account.Password))
	switch {
	case err != nil:
		return Account{}, err
	case !ok || account.Disabled:
		return Account{}, errNoPassword
	}
	return account, nil
}
