package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/origin/guard"
)

// rooms are the chat, and what it stands on.
type rooms struct {
	*chat.Service
}

// openChat opens the rooms of the streams that exist tells of.
func openChat(ctx context.Context, cfg *config.Config, dir string, exists func(id string) bool, metrics *prometheus.Registry, log *slog.Logger) (*rooms, error) {
	origins, all, err := cfg.ChatOrigins()
	if err != nil {
		return nil, err
	}
	service, err := chat.New(chat.Config{
		Guests: chat.Guests(cfg.Chat.Guests), Exists: exists, Address: guard.ClientAddr, Emotes: cfg.Chat.Emotes,
		Origin:  func(r *http.Request) bool { return all || ownOrigin(r, cfg) || slices.Contains(origins, requestOrigin(r)) },
		Metrics: metrics, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return &rooms{Service: service}, nil
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
