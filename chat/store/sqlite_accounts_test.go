package store_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// The rules of identity.Store, kept by this one and by the one in memory.
func TestAccountRules(t *testing.T) {
	for name, s := range map[string]identity.Store{"stored": openNew(t), "memory": identity.NewMemory()} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			mina := identity.Account{
				ID: "account-1", Name: "Mina", Key: "mina", Role: message.Host, Color: "#ff5fa2", Password: "$argon2id$x",
				Disabled: true, Created: time.Now().UTC().Truncate(time.Second),
			}
			must(t, s.CreateAccount(ctx, mina))
			if got, err := s.Account(ctx, mina.ID); err != nil || got != mina {
				t.Errorf("comes back as %+v, %v", got, err)
			}
			jun := identity.Account{ID: "account-2", Name: "MINA", Key: "mina", Role: message.Member, Created: mina.Created}
			if err := s.CreateAccount(ctx, jun); !errors.Is(err, identity.ErrNameTaken) {
				t.Errorf("a second of the name: %v", err)
			}
			jun.Name, jun.Key = "Jun", "jun"
			must(t, s.CreateAccount(ctx, jun))
			jun.Key = "mina"
			if err := s.UpdateAccount(ctx, jun); !errors.Is(err, identity.ErrNameTaken) {
				t.Errorf("changed to a second of the name: %v", err)
			}
			mina.Role, mina.Disabled, mina.Password = message.Moderator, false, "$argon2id$y"
			must(t, s.UpdateAccount(ctx, mina))
			if got, err := s.Account(ctx, mina.ID); err != nil || got != mina {
				t.Errorf("changed, it comes back as %+v, %v", got, err)
			}
			if all, err := s.Accounts(ctx, "", 10); err != nil || len(all) != 2 {
				t.Errorf("%v, %v", all, err)
			}
			must(t, s.DeleteAccount(ctx, mina.ID))
			for what, err := range map[string]error{
				"get": second(s.Account(ctx, mina.ID)), "update": s.UpdateAccount(ctx, mina), "delete": s.DeleteAccount(ctx, mina.ID),
			} {
				if !errors.Is(err, identity.ErrNoAccount) {
					t.Errorf("%s of what is gone: %v", what, err)
				}
			}
		})
	}
}

func TestListGoesOverPages(t *testing.T) {
	s := openNew(t)
	const count = store.MaxPage + 5
	for i := range count {
		must(t, s.CreateAccount(t.Context(), identity.Account{
			ID: fmt.Sprintf("account-%d", i), Name: fmt.Sprint(i), Key: fmt.Sprint(i), Role: message.Member, Created: time.Now(),
		}))
	}
	accounts := identity.NewAccounts(s, identity.NewNames(identity.NamesConfig{}), slog.New(slog.DiscardHandler))
	if all, err := accounts.List(t.Context()); err != nil || len(all) != count {
		t.Errorf("%d accounts, %v; want %d", len(all), err, count)
	}
}

func TestAccountsOfTwoProcesses(t *testing.T) {
	s := openNew(t)
	log := slog.New(slog.DiscardHandler)
	here := identity.NewAccounts(s, identity.NewNames(identity.NamesConfig{}), log)
	there := identity.NewAccounts(s, identity.NewNames(identity.NamesConfig{}), log)
	if _, err := here.Create(t.Context(), identity.NewAccount{Name: "Mina"}); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Create(t.Context(), identity.NewAccount{Name: "ｍｉｎａ"}); !errors.Is(err, identity.ErrNameTaken) {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func openNew(t *testing.T) *store.SQLite {
	t.Helper()
	s := open(t, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	return s
}
