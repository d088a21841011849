package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/globalfandom/lightstick/app"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/tools/testcard"
	"github.com/globalfandom/lightstick/transcode"
)

type demoCommand struct {
	common `embed:""`
}

// demoStream is the stream that the test card is published to.
const demoStream = "demo"

// secrets are what the demo remembers, so that it prints the same key and token
// each time: a playground's comfort, which 'serve' does without.
type secrets struct {
	StreamKey string `json:"stream_key"`
	APIToken  string `json:"api_token"`
}

func (c *demoCommand) Run(ctx context.Context) error {
	loaded, err := c.loadDemo("")
	if err != nil {
		return err
	}
	log, level := app.NewLogger(&loaded.Config, os.Stderr)
	cfg := &loaded.Config
	if _, err := transcode.Check(ctx, cfg.Transcode.FFmpeg); err != nil {
		return fmt.Errorf("the demo needs FFmpeg for its test stream: %w", err)
	}
	if cfg.RTMP.Listen == "" {
		return errors.New("the demo publishes to itself by RTMP: set rtmp.listen")
	}
	remembered, ownKey, err := c.prepare(ctx)
	if err != nil {
		return err
	}
	load := func() (*config.Loaded, error) { return c.loadDemo(remembered.APIToken) }
	if loaded, err = load(); err != nil {
		return err
	}
	cfg = &loaded.Config
	reload := app.NewReloader(loaded, load, level, log)
	defer reload.Close()
	s, err := app.New(ctx, c.options(), cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	s.Welcome(os.Stdout, remembered.StreamKey, remembered.APIToken)
	at := app.Addresses(cfg)
	fmt.Printf("  The test stream is at  %s\n  OBS streams appear at  %s\n\n", at.URLs(at.Local(), demoStream).Watch, at.URLs(at.Local(), app.FirstStream).Watch)
	s.ReloadWith(reload)
	return s.Run(ctx, reload, &demoPublisher{
		url: "rtmp://" + loopback(cfg.RTMP.Listen) + "/live/" + ownKey, ffmpeg: cfg.Transcode.FFmpeg, log: log,
	})
}

// loadDemo reads the configuration. The demo has a token of its own where nobody has set one.
func (c *demoCommand) loadDemo(token string) (*config.Loaded, error) {
	loaded, err := c.load()
	if err != nil {
		return nil, err
	}
	if loaded.API.Token == "" {
		loaded.API.Token = setting.Secret(token)
	}
	return loaded, nil
}

// prepare makes the demo's streams and secrets, or finds those of the last time.
func (c *demoCommand) prepare(ctx context.Context) (secrets, string, error) {
	store, err := app.CreateStore(ctx, c.Data)
	if err != nil {
		return secrets{}, "", err
	}
	defer store.Close()
	ownKey, err := freshKey(ctx, store, demoStream)
	if err != nil {
		return secrets{}, "", err
	}
	file := filepath.Join(c.Data, "demo-secrets.json")
	var kept secrets
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &kept) == nil {
		if _, err := store.Authorise(ctx, kept.StreamKey); err == nil {
			return kept, ownKey, nil
		}
	}
	kept.APIToken = control.NewToken()
	if kept.StreamKey, err = freshKey(ctx, store, app.FirstStream); err != nil {
		return secrets{}, "", err
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return secrets{}, "", err
	}
	return kept, ownKey, os.WriteFile(file, text, 0o600)
}

// freshKey makes the stream, or gives it a new key.
func freshKey(ctx context.Context, store *control.Store, name string) (string, error) {
	_, key, err := store.CreateStream(ctx, name, control.StreamSettings{})
	if errors.Is(err, control.ErrExists) {
		return store.RotateKey(ctx, media.StreamID(name))
	}
	return key, err
}

// loopback is how we reach our own listener.
func loopback(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// demoPublisher publishes the test card to ourselves, again and again.
type demoPublisher struct {
	url, ffmpeg string
	log         *slog.Logger
}

// Run publishes until ctx ends.
func (d *demoPublisher) Run(ctx context.Context) error {
	for {
		err := testcard.Publish(ctx, testcard.Config{FFmpeg: d.ffmpeg, URL: d.url})
		if ctx.Err() != nil {
			return nil
		}
		d.log.Warn("test stream ended; starting it again", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(2 * time.Second):
		}
	}
}
