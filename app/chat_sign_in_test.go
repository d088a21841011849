package app

import (
	"log/slog"
	"testing"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/config"
)

// The page offers to sign in when there is an account to sign in with.
func TestSignInIsOfferedWithAccounts(t *testing.T) {
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	loaded, err := config.Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSignIn(&loaded.Config, dir, kept, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if s.any() {
		t.Error("there are accounts at the first start")
	}
	if _, err := s.accounts.Create(t.Context(), identity.NewAccount{Name: "Captain", Password: "correct horse battery", Role: message.Moderator}); err != nil {
		t.Fatal(err)
	}
	if !s.any() {
		t.Error("the account is not found")
	}
}
