package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/cdn/session"
	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/atomicfile"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/playbackauth"
	"github.com/globalfandom/lightstick/storage/recording"
)

// playback says who may watch.
type playback struct {
	keys    *token.Keys
	screens *session.Screens
	redis   *session.Redis // nil: screens are counted in this process
	policy  *playbackauth.Policy
	gate    *playbackauth.Authorizer
	streams *control.Store
	log     *slog.Logger
	changed chan struct{} // holds one: a stream has changed
	// enforce ends what the database does not allow any more; nil: nothing to end.
	enforce func(context.Context) error
}

// newPlayback puts the gate before the origin.
func newPlayback(ctx context.Context, cfg *config.Config, dir string, streams *control.Store, library *recording.Library, origin http.Handler, metrics prometheus.Registerer, log *slog.Logger) (*playback, error) {
	keys, err := PlaybackKeys(cfg, dir)
	if err != nil {
		return nil, err
	}
	p := &playback{keys: keys, streams: streams, log: log, changed: make(chan struct{}, 1)}
	var counter session.Store = session.NewMemory()
	if cfg.Redis.URL != "" {
		if p.redis, err = session.NewRedis(string(cfg.Redis.URL)); err != nil {
			return nil, fmt.Errorf("redis.url: %w", err)
		}
		counter = p.redis
	}
	p.screens = session.New(counter, metrics, log)
	p.policy = playbackauth.NewPolicy(cfg.Playback.Auth != "off")
	if err := p.refresh(ctx); err != nil {
		return nil, fmt.Errorf("who may watch: %w", err)
	}
	gate := playbackauth.Config{
		Keys: keys, Policy: p.policy, Screens: p.screens, Trusting: cfg.Playback.Auth == "edge", Address: httpserver.ClientAddr,
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

// accessRetry is how long the database is left alone after it could not be read.
const accessRetry = time.Second

// Run keeps the policy as the database has it, until ctx ends.
func (p *playback) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { p.watch(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.changed:
		}
		if err := p.refresh(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("who may watch is not known anew: it stays as it was", "err", err)
			time.AfterFunc(accessRetry, p.change)
		}
		if p.enforce == nil {
			continue
		}
		if err := p.enforce(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("checking who publishes failed; it is tried again", "err", err)
			time.AfterFunc(accessRetry, p.change)
		}
	}
}

// watch calls change when the database has changed, until ctx ends.
func (p *playback) watch(ctx context.Context) {
	for {
		err := p.streams.Watch(ctx, p.change)
		if ctx.Err() != nil {
			return
		}
		p.log.Error("changes by other processes are not noticed", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(accessRetry):
		}
	}
}

// change tells Run that a stream has changed. It is full when Run knows already.
func (p *playback) change() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *playback) refresh(ctx context.Context) error {
	modes, err := p.streams.Access(ctx)
	if err != nil {
		return err
	}
	guarded := make(map[string]bool, len(modes))
	for id, mode := range modes {
		guarded[string(id)] = mode == control.AccessToken
	}
	p.policy.Set(guarded)
	return nil
}

// PlaybackKeys are the configured keys and this server's own, which lies in dir; "": only
// the configured ones, of which one signs.
func PlaybackKeys(cfg *config.Config, dir string) (*token.Keys, error) {
	keys, err := cfg.PlaybackKeys()
	if err != nil {
		return nil, err
	}
	var signer token.Key
	if dir != "" {
		if signer, err = builtInKey(dir); err != nil {
			return nil, err
		}
		keys = append(keys, signer)
	}
	if name := cfg.Playback.SigningKey; name != "" {
		// Validate has seen that it is there.
		signer = keys[slices.IndexFunc(keys, func(k token.Key) bool { return k.ID() == name })]
	}
	return token.NewKeys(signer, keys...)
}

// keyFile holds the private key that this server signs playback tokens with. Without it
// every token that was made here is void, which is how to revoke them all.
const keyFile = "playback.key"

// builtInKey reads the key of a data directory, or makes it. Of several processes that
// make it at once, the first to link its file wins.
func builtInKey(dir string) (token.Key, error) {
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writeKey(path); err != nil {
			return token.Key{}, fmt.Errorf("%s: %w; is it writable? choose another place with --data", path, err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return token.Key{}, err
	}
	key, err := token.ParseBuiltIn(text)
	if err != nil {
		return token.Key{}, fmt.Errorf("%s: %w; delete the file to get a new one, which makes the tokens void that it signed", path, err)
	}
	return key, nil
}

func writeKey(path string) error {
	err := atomicfile.WriteNew(path, token.GenerateKey(), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
