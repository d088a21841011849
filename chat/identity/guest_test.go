package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/setting"
)

func rawURL(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func isName(err error) bool {
	var refused *message.Refusal
	return errors.As(err, &refused) && refused.Code == message.CodeName
}

func TestGuestIsKnownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newAuthority(t, Config{}), newAuthority(t, Config{}) // two processes, one key
		reader, ticket, err := a.Guest(t.Context(), "", "")
		if err != nil || !reader.IsGuest() || reader.User.Name != "" {
			t.Fatalf("%+v, %v", reader, err)
		}
		named, ticket, err := b.Guest(t.Context(), ticket, " Mina\n")
		if err != nil || named.User.ID != reader.User.ID || named.User.Name != "Mina" {
			t.Fatalf("%+v, %v", named, err)
		}
		time.Sleep(60 * 24 * time.Hour)
		again, ticket, err := a.Guest(t.Context(), ticket, "")
		if err != nil || again.User != named.User {
			t.Fatalf("after 60 days %+v, %v", again, err)
		}
		time.Sleep(60 * 24 * time.Hour)
		if again, ticket, err = a.Guest(t.Context(), ticket, ""); err != nil || again.User != named.User {
			t.Fatalf("60 days after the last visit %+v, %v", again, err)
		}
		time.Sleep(91 * 24 * time.Hour)
		if again, _, err = a.Guest(t.Context(), ticket, ""); err != nil || again.User.ID == named.User.ID {
			t.Errorf("after 91 days %+v, %v", again, err)
		}
	})
}

func TestForgedTickets(t *testing.T) {
	a, other := newAuthority(t, Config{}), newAuthority(t, Config{Master: bytes.Repeat([]byte("k"), 32)})
	id, good, _ := a.Guest(t.Context(), "", "Mina")
	_, foreign, _ := other.Guest(t.Context(), "", "Mina")
	raw := must(base64.RawURLEncoding.DecodeString(good))
	forged := map[string]string{"another key": foreign, "cut": good[:len(good)-2], "longer": good + "AA", "newline": good[:8] + "\n" + good[8:], "padded": good + "=", "huge": strings.Repeat("A", 1<<20)}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		forged["byte "+string(rune('A'+i))] = base64.RawURLEncoding.EncodeToString(changed)
	}
	for name, text := range forged {
		if got, _, _ := a.Guest(t.Context(), text, ""); got.User.ID == id.User.ID || got.User.Name != "" {
			t.Errorf("%s: is taken for %+v", name, got.User)
		}
	}
}

func TestNames(t *testing.T) {
	accounts := NewAccounts(NewMemory(), NewNames(NamesConfig{}), nil)
	a := newAuthority(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}, Accounts: accounts})
	if _, err := accounts.Create(t.Context(), NewAccount{Name: "Captain", Role: message.Host}); err != nil {
		t.Fatal(err)
	}
	must(a.Token(t.Context(), hs(t, map[string]any{"name": "Jun Ho"})))
	_, mina, _ := a.Guest(t.Context(), "", "Mina")
	for name, ok := range map[string]bool{
		"Yuna": true, "Badminton": true, "모더나": true, "hosting": true, "M": true, "💜": true, "Adam": true, "기모드": true,
		"Mina": false, "mina": false, "ＭＩＮＡ": false, "M i n a": false, "M.I.N.A!": false, "\u200bMina": false,
		"junho": false, "captain": false, "Cap-tain": false,
		"admin": false, "Admin": false, "ADMIN 1": false, "a d m i n": false, "TheAdmin": false, "mod_jin": false, "ａｄｍｉｎ": false, "admin2026": false, "[Official]": false,
		"관리자": false, "운영자님": false, "우리 관리자1": false, "スタッフさん": false, "ｽﾀｯﾌ": false, "管理员小王": false,
		" ": false, "\u200b": false, "\u3164": false,
	} {
		id, _, err := a.Guest(t.Context(), "", name)
		if ok != (err == nil) || !ok && !isName(err) {
			t.Errorf("%q: %v", name, err)
		}
		if !ok && (id.User.Name != "" || id.User.ID == "") {
			t.Errorf("%q: is refused, with %+v", name, id.User)
		}
	}
	// Who has a name keeps it, and may write it another way.
	if id, _, err := a.Guest(t.Context(), mina, "MINA"); err != nil || id.User.Name != "MINA" {
		t.Errorf("their own name: %+v, %v", id, err)
	}
	if id, _, err := a.Guest(t.Context(), mina, "admin"); !isName(err) || id.User.Name != "Mina" {
		t.Errorf("a refused change: %+v, %v", id, err)
	}
}

func TestNamesBecomeFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNames(NamesConfig{Max: 100})
		if err := n.Take("Mina", "guest-1"); err != nil {
			t.Fatal(err)
		}
		n.Seen(message.User{ID: "boss", Name: "Jin", Role: message.Moderator})
		time.Sleep(59 * time.Minute)
		if err := n.Take("Mina", "guest-2"); !isName(err) {
			t.Errorf("after 59 minutes: %v", err)
		}
		n.Seen(message.User{ID: "fan", Name: "Mina", Role: message.Member}) // a member outranks a guest
		if err := n.Take("Mina", "guest-1"); !isName(err) {
			t.Errorf("a member's name: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := n.Take("Mina", "guest-2"); err != nil {
			t.Errorf("after two hours: %v", err)
		}
		n.Seen(message.User{ID: "impostor", Name: "Jin", Role: message.Member})
		if err := n.Take("Jin", "guest-2"); !isName(err) {
			t.Errorf("a moderator's name: %v", err)
		}
		for i := range 10_000 {
			n.Seen(message.User{ID: "x", Name: strings.Repeat("x", 1+i%30) + string(rune('a'+i%26)) + string(rune(0x4E00+i)), Role: message.Member})
		}
		if len(n.taken) > 100 {
			t.Errorf("%d names are remembered", len(n.taken))
		}
		if err := n.Take("Jin", "guest-2"); !isName(err) {
			t.Errorf("a moderator's name was forgotten for others': %v", err)
		}
	})
}

func TestKeysAreBounded(t *testing.T) {
	n := NewNames(NamesConfig{})
	if key := n.Key(strings.Repeat("\ufdfa", message.MaxName)); len(key) > maxNameKey || !utf8.ValidString(key) {
		t.Errorf("%d bytes: %q", len(key), key)
	}
}

func TestOwnFolder(t *testing.T) {
	n := NewNames(NamesConfig{Fold: func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "4", "a") }})
	for _, name := range []string{"4dmin", "4DMIN 1"} {
		if !n.Reserved(name) {
			t.Errorf("%s is not reserved", name)
		}
	}
}

func TestLoadKey(t *testing.T) {
	dir := t.TempDir()
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], _ = LoadKey(dir) })
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != minKey || !bytes.Equal(k, keys[0]) {
			t.Fatalf("%d bytes, the same: %v", len(k), bytes.Equal(k, keys[0]))
		}
	}
	path := filepath.Join(dir, keyFile)
	if info := must(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(dir); err == nil || !strings.Contains(err.Error(), "32 bytes") {
		t.Errorf("a damaged key: %v", err)
	}
	if _, err := LoadKey(filepath.Join(dir, "none")); err == nil {
		t.Error("no directory, but a key")
	}
}
