package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
)

// signIn is how people come into the chat.
type signIn struct {
	authority *identity.Authority
	accounts  *identity.Accounts
	session   *identity.Session
}

// openSignIn says who is believed. Accounts are those that kept has.
func openSignIn(cfg *config.Config, dir string, kept identity.Store, metrics prometheus.Registerer, log *slog.Logger) (*signIn, error) {
	master := []byte(cfg.Chat.Tokens.TokenKey)
	if len(master) == 0 {
		var err error
		if master, err = identity.LoadKey(dir); err != nil {
			return nil, err
		}
	}
	names := identity.NewNames(identity.NamesConfig{Fold: filter.FoldName})
	s := &signIn{accounts: identity.NewAccounts(kept, names, log)}
	var err error
	s.authority, err = identity.New(identity.Config{
		Master: master, Settings: cfg.Chat.Tokens, Names: names, Accounts: s.accounts, Metrics: metrics,
	}, log)
	if err != nil {
		return nil, err
	}
	// Pages of other sites don't sign in here: they have tokens of their own.
	var origins []string
	if u, err := url.Parse(cfg.HTTP.URL); err == nil && u.Host != "" {
		origins = append(origins, u.Scheme+"://"+u.Host)
	}
	s.session, err = s.authority.Session(identity.SessionConfig{Address: httpserver.ClientAddr, Origins: origins})
	return s, err
}

// any tells whether there are accounts.
func (s *signIn) any() bool { return s.accounts.Any(context.Background()) } // bounded by itself

// register adds the route of signing in.
func (s *signIn) register(mux *http.ServeMux) { mux.Handle("POST /chat/session", s.session) }
