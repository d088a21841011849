package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver/admin"
	"github.com/globalfandom/lightstick/httpserver/health"
	"github.com/globalfandom/lightstick/internal/profiling"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/playbackauth"
)

// RunChat runs the rooms by themselves: streams are other servers', so any name that
// a stream may have is a room.
func RunChat(ctx context.Context, o Options, cfg *config.Config, reload *config.Reloader, log *slog.Logger, out io.Writer) error {
	store, err := CreateStore(ctx, o.Dir)
	if err != nil {
		return err
	}
	defer store.Close()
	unlock, err := lock(o.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	ports, err := openHTTP(cfg)
	if err != nil {
		return err
	}
	defer ports.close()
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	access := newAccess(cfg)
	named := func(room string) bool { _, err := media.ParseStreamID(room); return err == nil }
	rooms, err := openChat(ctx, cfg, o.Dir, named, chatOnlyAccess(cfg), nil, nil, metrics, log)
	if err != nil {
		return err
	}
	defer rooms.close()
	mux := http.NewServeMux()
	rooms.Register(mux)
	ready := health.New(log, health.Check{Name: "database", Run: store.Ping}, health.Disk(o.Dir))
	observe(mux, cfg, ready, rooms.gatherer(metrics))
	token := control.NewAPIToken(string(cfg.API.Token))
	api := control.API{Store: store, Token: token.Get, Attempts: access.attempts, Version: o.Version, Log: log, More: rooms.api().Register, Admit: rooms.api().Admit}
	api.Register(mux)
	adminServer, err := admin.Listen(cfg.Admin.Listen, ready, rooms.gatherer(metrics), log)
	if err != nil {
		return err
	}
	defer adminServer.Close()
	certs, err := newCertificates(cfg, o.Dir, log)
	if err != nil {
		return err
	}
	servers, err := serversFor(ports, cfg, certs, access, mux, nil, log)
	if err != nil {
		return err
	}
	metrics.MustRegister(access.limits, access.gate, access.attempts)
	defer profiling.Start(string(cfg.Pyroscope.URL), roleChat, o.Version, log)()
	if cfg.API.Token == "" {
		made, err := store.EnsureToken(ctx)
		if err != nil {
			return err
		}
		if made != "" {
			fmt.Fprintf(out, "\n  API token    %s\n  It is shown only once.\n", made)
		}
	}
	fmt.Fprintf(out, "\nLightstick %s: chat at %s/connection/websocket\n  %s\n\n", o.Version, cfg.HTTP.Listen, chatNote(cfg))
	applyShared(reload, certs, token)
	log.Info("server started", "version", o.Version, "role", roleChat, "http", servers.Addr(0).String())
	g, running := errgroup.WithContext(ctx)
	defer context.AfterFunc(running, func() {
		log.Info("server stopping")
		ready.Drain()
	})()
	g.Go(func() error { return adminServer.Run(running) })
	g.Go(func() error { return reload.Run(running) })
	g.Go(func() error { return rooms.Run(running) })
	g.Go(func() error { return servers.Serve(running) })
	err = errors.Join(g.Wait(), servers.Shutdown(drainTimeout))
	log.Info("server stopped")
	return err
}

// chatOnlyAccess is who may be in rooms whose streams are other servers': where those need
// playback tokens, which only they can check, it takes a token of the chat that names
// the room.
func chatOnlyAccess(cfg *config.Config) entry {
	if cfg.Playback.Auth == playbackauth.Off {
		return nil
	}
	return func(string, string, netip.Addr) error {
		return errors.New("come with a chat token that names it")
	}
}
