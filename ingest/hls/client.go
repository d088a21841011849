package hls

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/httpget"
)

// Client fetches a stream from an HLS server.
type Client struct {
	URL *url.URL // of a multivariant or a media playlist; may hold a password
	Get *httpget.Client
	Log *slog.Logger
}

// Fetch follows the stream until it ends, is lost, or ctx ends. nil is an EXT-X-ENDLIST.
func (c *Client) Fetch(ctx context.Context, gate ingest.Gate) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	followers, err := c.begin(ctx)
	if err != nil {
		cancel(nil)
		return err
	}
	var running sync.WaitGroup
	for _, f := range followers {
		running.Go(func() { f.run(ctx) })
	}
	err = feed(ctx, followers, func(pending func() bool) (ingest.Sink, error) {
		sink, err := gate.Open(ctx, ingest.Request{Kick: cancel})
		if err != nil {
			return nil, err
		}
		return &ingest.Pacer{Sink: sink, Done: ctx.Done(), Behind: pending}, nil
	}, func() error { return kicked(outer, ctx) })
	cancel(nil)
	running.Wait()
	return err
}

// kicked is why the publication has to end; nil: it need not.
func kicked(outer, ctx context.Context) error {
	switch {
	case outer.Err() != nil:
		return ingest.ErrShuttingDown
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return nil
}

// begin loads the playlists, and makes a follower for each: of the picture, which may hold
// the sound, and of the sound.
func (c *Client) begin(ctx context.Context) ([]*follower, error) {
	top, err := load(ctx, c.Get, c.URL)
	if err != nil {
		return nil, err
	}
	if len(top.list.variants) == 0 {
		return []*follower{c.follower(top, time.Time{})}, nil
	}
	choice, err := top.list.choose()
	if err != nil {
		return nil, err
	}
	var followers []*follower
	var start time.Time
	for _, uri := range []string{choice.video, choice.audio} {
		if uri == "" {
			continue
		}
		address, err := resolve(top.url, uri)
		if err != nil {
			return nil, err
		}
		media, err := load(ctx, c.Get, address)
		switch {
		case err != nil:
			return nil, err
		case media.list.target == 0:
			return nil, fmt.Errorf("%w: a variant leads to another multivariant playlist", ErrPlaylist)
		}
		followers = append(followers, c.follower(media, start))
		if n := len(media.list.segments); n > 0 && !media.list.ended {
			start = media.list.segments[media.list.begin(start)-media.list.sequence].time
		}
	}
	return followers, nil
}

func (c *Client) follower(l loaded, start time.Time) *follower {
	return &follower{get: c.Get, log: c.Log, url: l.url, list: l.list, start: start, recorded: l.list.ended, pieces: make(chan piece, queued)}
}
