package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/cdn/session"
	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/playbackauth"
	"github.com/globalfandom/lightstick/storage/recording"
)

// playback says who may watch.
type playback struct {
	*playbackauth.Updater
	keys    *token.Keys
	screens *session.Screens
	redis   *session.Redis // nil: screens are counted in this process
	policy  *playbackauth.Policy
	gate    *playbackauth.Authorizer
}

// newPlayback puts the gate before the origin. enforce ends what the database does not allow
// any more.
func newPlayback(ctx context.Context, cfg *config.Config, dir string, streams *control.Store, library *recording.Library, origin http.Handler, enforce func(context.Context) error, metrics prometheus.Registerer, log *slog.Logger) (*playback, error) {
	keys, err := PlaybackKeys(&cfg.Playback, dir)
	if err != nil {
		return nil, err
	}
	p := &playback{keys: keys}
	var counter session.Store = session.NewMemory()
	if len(cfg.Redis.Servers) > 0 {
		p.redis = session.NewRedis(cfg.Redis.Servers[0])
		counter = p.redis
	}
	p.screens = session.New(counter, metrics, log)
	p.policy = playbackauth.NewPolicy(cfg.Playback.Auth != playbackauth.Off)
	if p.Updater, err = playbackauth.NewUpdater(ctx, p.policy, streams, enforce, log); err != nil {
		return nil, err
	}
	gate := playbackauth.Config{
		Keys: keys, Policy: p.policy, Screens: p.screens, Trusting: cfg.Playback.Auth == playbackauth.Edge, Address: httpserver.ClientAddr,
		Holds: func(ctx context.Context, stream, recording, publication, file string) bool {
			return library.RecordingContains(ctx, media.StreamID(stream), recording, publication, file)
		},
	}
	gate.Country = viewerCountry(cfg)
	p.gate = playbackauth.New(gate, origin)
	return p, nil
}

// enter tells whether a ticket lets somebody into a stream's chat. Conditions on
// countries and referrers can't be met there.
func (p *playback) enter(room, ticket string, address netip.Addr) error {
	return p.gate.Enter(room, ticket, token.Viewer{Address: address})
}

func (p *playback) close() {
	if p.redis != nil {
		p.redis.Close()
	}
}

// PlaybackKeys are the configured keys and this server's own, which lies in dir; "": only
// the configured ones, of which one signs.
func PlaybackKeys(settings *playbackauth.Settings, dir string) (*token.Keys, error) {
	keys := slices.Clone(settings.Keys)
	var signer token.Key
	if dir != "" {
		var err error
		if signer, err = token.LoadBuiltIn(dir); err != nil {
			return nil, err
		}
		keys = append(keys, signer)
	}
	if configured, known := keys.Find(settings.SigningKey); known {
		signer = configured
	}
	return token.NewKeys(signer, keys...)
}
