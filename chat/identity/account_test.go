package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/setting"
)

const password = "correct horse battery"

// counting counts how often the store is read, and can be made to fail.
type counting struct {
	*Memory
	lists atomic.Int64
	down  atomic.Bool
}

func (c *counting) Accounts(ctx context.Context, after string, limit int) ([]Account, error) {
	c.lists.Add(1)
	if c.down.Load() {
		return nil, errors.New("disk on fire")
	}
	time.Sleep(time.Millisecond) // in a bubble
	return c.Memory.Accounts(ctx, after, limit)
}

func newAccounts(s Store) *Accounts {
	a := NewAccounts(s, NewNames(NamesConfig{}), slog.New(slog.DiscardHandler))
	a.hasher.argon = argon{64, 1, 1} // tests have no secrets
	return a
}

func TestAccountLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, memory := t.Context(), NewMemory()
		accounts, elsewhere := newAccounts(memory), newAccounts(memory) // another process
		a := newAuthority(t, Config{Accounts: accounts})
		made, err := accounts.Create(ctx, NewAccount{Name: "Captain", Role: message.Moderator, Color: "#FF5FA2", Password: password})
		if err != nil || !strings.HasPrefix(made.ID, accountPrefix) {
			t.Fatalf("%+v, %v", made, err)
		}
		signIn := func(name, password string) (Identity, error) {
			account, err := accounts.login(ctx, name, password)
			if err != nil {
				return Identity{}, err
			}
			return a.Token(ctx, must(a.signSession(account, time.Now())))
		}
		id, err := signIn("cap tain", password)
		want := message.User{ID: made.ID, Name: "Captain", Role: message.Moderator, Color: "#ff5fa2"}
		if err != nil || id.User != want || !id.Account || id.IsGuest() || time.Until(id.Expires) < SessionLife-time.Minute {
			t.Fatalf("%+v, %v", id, err)
		}
		for name, attempt := range map[string][2]string{
			"wrong password": {"Captain", "wrong horse battery"}, "unknown": {"Nobody", password}, "empty": {"", ""}, "long": {"Captain", strings.Repeat("x", MaxPassword+1)},
		} {
			if _, err := signIn(attempt[0], attempt[1]); !errors.Is(err, errNoPassword) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := elsewhere.SetRole(ctx, made.ID, message.Host); err != nil {
			t.Fatal(err)
		}
		time.Sleep(accountsAge)
		if now, err := a.Recheck(ctx, id); err != nil || now.User.Role != message.Host || now.Expires != id.Expires {
			t.Errorf("promoted elsewhere: %+v, %v", now, err)
		}
		if err := accounts.SetDisabled(ctx, made.ID, true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Recheck(ctx, id); !errors.Is(err, ErrToken) {
			t.Errorf("locked: %v", err)
		}
		if _, err := signIn("Captain", password); !errors.Is(err, errNoPassword) {
			t.Errorf("locked: %v", err)
		}
		accounts.SetDisabled(ctx, made.ID, false)
		if _, err := a.Recheck(ctx, id); err != nil {
			t.Errorf("unlocked: %v", err)
		}
		if err := accounts.SetPassword(ctx, made.ID, password+"!"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Recheck(ctx, id); !errors.Is(err, ErrToken) {
			t.Errorf("a token of the old password: %v", err)
		}
		id, err = signIn("Captain", password+"!")
		if err != nil {
			t.Fatal(err)
		}
		if err := accounts.Delete(ctx, made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Recheck(ctx, id); !errors.Is(err, ErrToken) {
			t.Errorf("deleted: %v", err)
		}
	})
}

func TestSessionTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		accounts := newAccounts(NewMemory())
		a := newAuthority(t, Config{Accounts: accounts})
		account := must(accounts.Create(t.Context(), NewAccount{Name: "Captain"}))
		text := must(a.signSession(account, time.Now()))
		time.Sleep(SessionLife - time.Second)
		if _, err := a.Token(t.Context(), text); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if _, err := a.Token(t.Context(), text); !errors.Is(err, ErrExpired) {
			t.Error(err)
		}
		other := newAuthority(t, Config{Master: siteKey, Settings: Settings{TokenKey: setting.Secret(master)}, Accounts: accounts})
		if _, err := other.Token(t.Context(), text); !errors.Is(err, ErrToken) {
			t.Errorf("another server's: %v", err)
		}
	})
}

func TestAccountsThatCantBe(t *testing.T) {
	accounts := newAccounts(NewMemory())
	must(accounts.Create(t.Context(), NewAccount{Name: "Captain"}))
	for name, tt := range map[string]struct {
		account NewAccount
		want    error
	}{
		"taken":          {NewAccount{Name: "Captain"}, ErrNameTaken},
		"looks alike":    {NewAccount{Name: "ｃａｐｔａｉｎ"}, ErrNameTaken},
		"no name":        {NewAccount{}, ErrAccount},
		"invisible":      {NewAccount{Name: "Min\u200ba"}, ErrAccount},
		"long name":      {NewAccount{Name: strings.Repeat("x", 33)}, ErrAccount},
		"no role":        {NewAccount{Name: "A", Role: "god"}, ErrAccount},
		"guest":          {NewAccount{Name: "A", Role: message.Guest}, ErrAccount},
		"colour":         {NewAccount{Name: "A", Color: "red"}, ErrAccount},
		"short password": {NewAccount{Name: "A", Password: "123456789"}, ErrPassword},
		"long password":  {NewAccount{Name: "A", Password: strings.Repeat("x", 257)}, ErrPassword},
	} {
		if _, err := accounts.Create(t.Context(), tt.account); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := accounts.SetRole(t.Context(), "account-none", message.Host); !errors.Is(err, ErrNoAccount) {
		t.Errorf("no such account: %v", err)
	}
	if err := accounts.Delete(t.Context(), "account-none"); !errors.Is(err, ErrNoAccount) {
		t.Errorf("no such account: %v", err)
	}
}

func TestStoreIsReadOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counting{Memory: NewMemory()}
		accounts := newAccounts(s)
		a := newAuthority(t, Config{Accounts: accounts})
		account := must(accounts.Create(t.Context(), NewAccount{Name: "Captain", Role: message.Host}))
		text := must(a.signSession(account, time.Now()))
		s.lists.Store(0)
		var wg sync.WaitGroup
		for range 1000 { // a storm
			wg.Go(func() {
				if _, err := a.Token(t.Context(), text); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := s.lists.Load(); n != 1 {
			t.Errorf("%d reads, want 1", n)
		}
		s.down.Store(true)
		time.Sleep(accountsAge)
		_, err := a.Token(t.Context(), text)
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "fire") {
			t.Errorf("store down: %v", err)
		}
		if !accounts.Any(t.Context()) {
			t.Error("the accounts are forgotten")
		}
		id, _, err := a.Guest(t.Context(), "", "Yuna")
		var refused *message.Refusal
		if !errors.As(err, &refused) || refused.Code != message.CodeUnavailable || !id.IsGuest() {
			t.Errorf("a guest: %+v, %v", id, err)
		}
	})
}

func TestPasswords(t *testing.T) {
	h := newHasher()
	if h.argon.text(nil, nil) != "$argon2id$v=19$m=19456,t=2,p=1$$" {
		t.Errorf("%+v", h.argon)
	}
	h.argon = argon{64, 3, 2}
	text := must(h.hash(t.Context(), password))
	if !strings.HasPrefix(text, "$argon2id$v=19$m=64,t=3,p=2$") || text == must(h.hash(t.Context(), password)) {
		t.Errorf("%s", text)
	}
	// From the tests of the reference implementation (phc-winner-argon2, src/test.c).
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, tt := range []struct {
		password, stored string
		want             bool
	}{
		{password, text, true}, {password + " ", text, false}, {"", text, false}, {"password", reference, true},
		{password, "", false}, {"", "", false}, {password, "$2a$10$abc", false},
	} {
		if got, err := h.check(t.Context(), tt.password, tt.stored); err != nil || got != tt.want {
			t.Errorf("%q: %v, %v", tt.password, got, err)
		}
	}
	for _, bad := range []string{
		strings.Replace(text, "m=64", "m=9999999", 1), strings.Replace(text, "t=3", "t=0", 1), strings.Replace(text, "t=3", "t=99", 1),
		strings.Replace(text, "p=2", "p=0", 1), strings.Replace(text, "argon2id", "argon2i", 1), strings.Replace(text, "v=19", "v=16", 1), text + "$", text[:60],
	} {
		if _, _, _, err := parseHash(bad); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
	if p := NewPassword(); CheckPassword(p) != nil || p == NewPassword() || len(p) != 23 {
		t.Errorf("made %q", p)
	}
}

func TestHashingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher()
		for range hashers {
			must(h.turn(t.Context()))
		}
		began := time.Now()
		if _, err := h.check(t.Context(), password, ""); !errors.Is(err, errBusy) || time.Since(began) != hashWait {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestPasswordHashIsNotPrinted(t *testing.T) {
	a := Account{Name: "Captain", Password: "$argon2id$secret"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "account", a, "password", a.Password)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "account", a, "password", a.Password)
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v %#v %s %q", a, a, a.Password, a.Password), string(must(json.Marshal(a))), log.String()} {
		if strings.Contains(text, "secret") {
			t.Errorf("printed: %s", text)
		}
	}
}

func BenchmarkPasswordCheck(b *testing.B) {
	h := newHasher()
	text := must(h.hash(b.Context(), password))
	b.ReportAllocs()
	for b.Loop() {
		h.check(b.Context(), password, text)
	}
}

func TestAccountsAreFull(t *testing.T) {
	memory := NewMemory()
	for i := range maxAccounts {
		id := fmt.Sprintf("account-%d", i)
		memory.accounts[id] = Account{ID: id, Name: id, Key: id, Role: message.Member}
	}
	accounts := newAccounts(memory)
	if _, err := accounts.Create(t.Context(), NewAccount{Name: "One more"}); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := accounts.Delete(t.Context(), "account-7"); err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Create(t.Context(), NewAccount{Name: "One more"}); err != nil {
		t.Error(err)
	}
}
