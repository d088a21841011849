package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/track"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/origin/guard"
)

// rooms are the chat, and what it stands on.
type rooms struct {
	*chat.Service
	authority *identity.Authority
}

// openChat opens the rooms of the streams that exist tells of. tracks is nil where they
// are not published as files.
func openChat(cfg *config.Config, dir string, exists func(room string) bool, tracks *track.Tracks, metrics *prometheus.Registry, log *slog.Logger) (*rooms, error) {
	origins, all, err := cfg.ChatOrigins()
	if err != nil {
		return nil, err
	}
	r := &rooms{}
	if r.authority, err = chatAuthority(cfg, dir, log); err != nil {
		return nil, err
	}
	limits, err := cfg.ChatLimits()
	if err != nil {
		return nil, err
	}
	r.Service, err = chat.New(chat.Config{
		Guests: chat.Guests(cfg.Chat.Guests), Exists: exists, Address: guard.ClientAddr,
		Emotes: cfg.Chat.Emotes, Reactions: strings.Fields(cfg.Chat.Reactions), SampleAbove: cfg.Chat.SampleAbove,
		Origin: func(r *http.Request) bool {
			return all || ownOrigin(r, cfg) || slices.Contains(origins, requestOrigin(r))
		},
		Redis: string(cfg.Redis.URL), Authority: r.authority, Limits: limit.NewLimits(limits), Tracks: tracks,
		Metrics: metrics, Log: log,
	})
	return r, err
}

// chatAuthority says who is believed.
func chatAuthority(cfg *config.Config, dir string, log *slog.Logger) (*identity.Authority, error) {
	master := []byte(cfg.Chat.TokenKey)
	if len(master) == 0 {
		var err error
		if master, err = identity.LoadKey(dir); err != nil {
			return nil, err
		}
	}
	return identity.New(identity.Config{
		Master: master, TokenKey: []byte(cfg.Chat.TokenKey), JWKSURL: cfg.Chat.JWKSURL,
		Audience: cfg.Chat.TokenAudience, Issuer: cfg.Chat.TokenIssuer,
	}, log)
}

// Run keeps the rooms until ctx ends.
func (r *rooms) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := r.authority.Run(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	g.Go(func() error { return r.Service.Run(ctx) })
	return g.Wait()
}

// requestOrigin is the web origin of the page that asks; "": no page.
func requestOrigin(r *http.Request) string { return strings.ToLower(r.Header.Get("Origin")) }

// ownOrigin tells whether the page that asks is one of ours: programs that are no
// browsers send no origin.
func ownOrigin(r *http.Request, cfg *config.Config) bool {
	origin := requestOrigin(r)
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if strings.EqualFold(u.Host, r.Host) {
		return true
	}
	own, err := url.Parse(cfg.HTTP.URL)
	return err == nil && own.Host != "" && strings.EqualFold(own.Host, u.Host)
}
