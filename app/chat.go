package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/persist"
	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/chat/rest"
	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// rooms are the chat, and what it stands on.
type rooms struct {
	*chat.Service
	signIn   *signIn
	store    *store.SQLite
	archive  *persist.Writer
	erasures *persist.Erasures
	log      *slog.Logger
}

// entry tells whether a playback ticket, maybe "", lets somebody into a stream's room;
// nil: everybody may.
type entry func(room, ticket string, address netip.Addr) error

// openChat opens the rooms of the streams that exist tells of. replayLogs is nil where they
// are not published as files, and rewrite where recordings are other servers'.
func openChat(ctx context.Context, cfg *config.Config, dir string, exists func(room string) bool, enter entry, replayLogs *replaylog.Logs, rewrite rewriter, metrics *prometheus.Registry, log *slog.Logger) (_ *rooms, err error) {
	r := &rooms{log: log}
	if r.store, err = store.Open(ctx, dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	r.archive = persist.New(r.store, cfg.Chat.Kept.Retention, log)
	if r.signIn, err = openSignIn(cfg, dir, r.store, metrics, log); err != nil {
		return nil, err
	}
	limits := limit.Defaults()
	limits.MessageSettings, limits.Connect = cfg.Chat.Limits, ratelimit.Rate{} // connections are counted, not their attempts
	settings, err := moderationOf(cfg, r.store)
	if err != nil {
		return nil, err
	}
	r.Service, err = chat.New(ctx, chat.Config{
		Settings: cfg.Chat.Rooms, Exists: exists, Enter: enter, Redis: cfg.Redis.Servers, Address: httpserver.ClientAddr,
		Origin: func(r *http.Request) bool {
			return ownOrigin(r, cfg) || cfg.Chat.Rooms.Origins.Allow(requestOrigin(r))
		},
		Authority: r.signIn.authority, Login: r.signIn.any, Limits: limit.NewLimits(limits),
		Moderation: settings, Archive: r.archive, ReplayLogs: replayLogs, Metrics: metrics, Log: log,
	})
	if err != nil {
		return nil, err
	}
	metrics.MustRegister(r.archive.Batcher)
	r.erasures = persist.NewErasures(persist.ErasuresConfig{Store: r.store, Writer: r.archive, Forget: r.ForgetUser, Rewrite: rewrite, Log: log})
	return r, nil
}

// moderationOf reads the settings of moderation.
func moderationOf(cfg *config.Config, kept store.Store) (moderation.Config, error) {
	settings := moderation.Config{
		Store: persist.Moderation{Store: kept}, Pseudonym: kept.Pseudonym,
		Emote: func(_, name string) bool { return cfg.Chat.Rooms.Emotes[name] != "" },
	}
	if cfg.Chat.Limits.Message.Off() { // whoever switches limits off may write the same again, too
		settings.RepeatAfter, settings.FloodUsers = -1, -1
	}
	err := cfg.Chat.Filter.Apply(&settings)
	if err == nil && cfg.Chat.Webhook.URL != "" {
		if settings.Classifier, err = moderation.NewClassifier(cfg.Chat.Webhook); err != nil {
			err = fmt.Errorf("chat.webhook: %w", err)
		}
	}
	return settings, err
}

// Register adds the chat's routes, but for those of the REST API.
func (r *rooms) Register(mux *http.ServeMux) {
	r.Service.Register(mux)
	r.signIn.register(mux)
}

// api is the chat's part of the REST API.
func (r *rooms) api() *rest.API {
	return &rest.API{Rooms: r.Service, Store: r.store, Person: r.signIn.authority.Token, Erase: r.erasures.Erase, Log: r.log}
}

// gatherer adds the metrics of the chat's library to a registry.
func (r *rooms) gatherer(metrics *prometheus.Registry) prometheus.Gatherer {
	return prometheus.Gatherers{metrics, r.LibraryMetrics()}
}

// Run keeps the rooms until ctx ends; what they have said is written down after they
// have closed.
func (r *rooms) Run(ctx context.Context) error {
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return r.archive.Run(writing) })
	g.Go(func() error { return r.erasures.Run(ctx) })
	g.Go(func() error {
		if err := r.signIn.authority.Run(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	g.Go(func() error {
		defer stop()
		return r.Service.Run(ctx)
	})
	return g.Wait()
}

func (r *rooms) close() { _ = r.store.Close() }

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
