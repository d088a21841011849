package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/app"
	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/internal/setting"
)

type runs interface {
	Run(context.Context, io.Writer) error
}

func output(t *testing.T, c runs) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestChatAccounts makes accounts at the command line, and signs in with them at the
// server that has the same directory.
func TestChatAccounts(t *testing.T) {
	in := common{Data: servedDir(t)}
	printed := output(t, &chatAccountAdd{common: in, Name: "Captain", Role: "moderator"})
	_, password, _ := strings.Cut(printed, "password  ")
	password, _, _ = strings.Cut(password, "\n")
	if identity.CheckPassword(password) != nil || !strings.Contains(printed, "shown only once") {
		t.Fatalf("printed %q", printed)
	}
	if err := (&chatAccountAdd{common: in, Name: "Саptain", Role: "member"}).Run(t.Context(), io.Discard); err == nil {
		t.Error("a name that looks like another is taken")
	}
	loaded, err := config.Load("", nil, []string{
		"http.listen=127.0.0.1:0", "admin.listen=", "rtmp.listen=", "srt.listen=", "rtsp.listen=", "webrtc.listen=", "transcode.ladder=off",
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := app.New(t.Context(), in.options(), &loaded.Config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	w := httptest.NewRecorder()
	body, _ := json.Marshal(map[string]string{"name": "captain", "password": password})
	r := httptest.NewRequest(http.MethodPost, "/chat/session", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	server.Handler().ServeHTTP(w, r)
	var reply identity.SessionReply
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	person, err := authorityOf(t, in.Data).Token(t.Context(), reply.Token)
	if err != nil || person.User.Role != message.Moderator {
		t.Errorf("%+v, %v", person, err)
	}
	for _, c := range []interface{ Run(context.Context) error }{
		&chatAccountRole{common: in, Name: "captain", Role: "host"}, &chatAccountLock{common: in, Name: "captain"},
	} {
		if err := c.Run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if list := output(t, &chatAccountList{common: in}); !strings.Contains(list, "host") || !strings.Contains(list, "locked") || strings.Contains(list, "argon2") {
		t.Errorf("listed as\n%s", list)
	}
	if err := (&chatAccountUnlock{common: in, Name: "captain"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if again := output(t, &chatAccountPassword{common: in, Name: "captain"}); !strings.Contains(again, "password  ") || strings.Contains(again, password) {
		t.Errorf("printed %q", again)
	}
	if err := (&chatAccountDelete{common: in, Name: "captain"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (&chatAccountDelete{common: in, Name: "captain"}).Run(t.Context()); err == nil {
		t.Error("deleted twice")
	}
}

// authorityOf believes the tokens of the server that has the directory.
func authorityOf(t *testing.T, dir string) *identity.Authority {
	t.Helper()
	key, err := identity.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	log := slog.New(slog.DiscardHandler)
	names := identity.NewNames(identity.NamesConfig{Fold: filter.FoldName})
	authority, err := identity.New(identity.Config{
		Master: key, Settings: identity.Settings{MaxLife: time.Hour}, Names: names, Accounts: identity.NewAccounts(kept, names, log),
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func TestPasswordFromInput(t *testing.T) {
	for text, want := range map[string]string{
		"correct horse\n": "correct horse", "correct horse": "correct horse", "correct horse\r\nmore\n": "correct horse", " with spaces \n": " with spaces ",
		"short\n": "", "": "", strings.Repeat("x", 10_000): "",
	} {
		path := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readPassword(in, io.Discard)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%.20q: %q, %v", text, got, err)
		}
		_ = in.Close()
	}
}

func TestChatToken(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	set := common{Data: servedDir(t), Set: []string{"chat.token_key=" + key, "chat.token_audience=chat", "chat.token_issuer=site"}}
	made := output(t, &chatToken{common: set, User: "u-1", Name: "Mina", Role: "host", Room: []string{"show"}, For: time.Hour})
	a, err := identity.New(identity.Config{Master: []byte(key), Settings: identity.Settings{TokenKey: setting.Secret(key), Audience: "chat", Issuer: "site"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	person, err := a.Token(t.Context(), strings.TrimSpace(made))
	if err != nil || person.User != (message.User{ID: "u-1", Name: "Mina", Role: message.Host}) || person.In("other").Role != message.Member {
		t.Errorf("%+v, %v", person, err)
	}
	for name, c := range map[string]*chatToken{
		"no key":   {common: common{Data: set.Data}, User: "u-1", Role: "host", For: time.Hour},
		"too long": {common: set, User: "u-1", Role: "host", For: 48 * time.Hour},
		"bad ID":   {common: set, User: "a b", Role: "host", For: time.Hour},
		"colour":   {common: set, User: "u-1", Role: "host", For: time.Hour, Color: "red"},
	} {
		if err := c.Run(t.Context(), io.Discard); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
