package rtsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/media"
)

// Puller publishes what a camera at an rtsp:// address shows, and comes back to
// it when it goes away.
type Puller struct {
	Stream media.StreamID
	URL    string // may hold a password: never logged
	Gate   ingest.Gate
	Log    *slog.Logger

	retry time.Duration // the first wait; 0: firstRetry
}

// Waits between attempts to reach a camera.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	// steady is how long a connection must have held for the waits to begin anew.
	steady = time.Minute
)

// Run pulls until ctx is cancelled.
func (p *Puller) Run(ctx context.Context) error {
	log := p.Log.With("protocol", "rtsp", "stream", p.Stream, "remote", redact(p.URL))
	backoff := retry.Backoff{First: cmp.Or(p.retry, firstRetry), Last: lastRetry}
	for {
		begun := time.Now()
		err := pullFault(p.pull(ctx, log))
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(begun) > steady {
			backoff.Reset()
		}
		wait := backoff.Next()
		log.Warn("pull ended; trying again", "err", err, "wait", wait)
		if !retry.Sleep(ctx, wait) {
			return nil
		}
	}
}

// redact leaves out user and password.
func redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "rtsp address"
	}
	u.User = nil
	u.RawQuery = ""
	return u.String()
}

func (p *Puller) pull(ctx context.Context, log *slog.Logger) (err error) {
	u, err := base.ParseURL(p.URL)
	if err != nil {
		return errors.New("address can't be parsed")
	}
	var lost atomic.Uint64 // packets
	client := &gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, ReadTimeout: 10 * time.Second, WriteTimeout: 5 * time.Second,
		// The library prints these to the standard error otherwise.
		OnTransportSwitch: func(err error) { log.Info("pulling over TCP", "err", err) },
		OnPacketsLost:     func(n uint64) { lost.Add(n) },
		OnDecodeError:     func(err error) { log.Debug("packet can't be read", "err", err) },
	}
	if err := client.Start2(); err != nil {
		return err
	}
	defer client.Close()
	stop := make(chan error, 1)
	end := func(reason error) {
		select {
		case stop <- reason:
		default:
		}
		go client.Close() // it waits for callbacks, of which this may be one
	}
	defer context.AfterFunc(ctx, client.Close)()
	desc, _, err := client.Describe(u)
	if err != nil {
		return fmt.Errorf("DESCRIBE: %w", err)
	}
	video, audio, err := choose(desc)
	if err != nil {
		return err
	}
	for _, s := range []selected{video, audio} {
		if s.format == nil {
			continue
		}
		if _, err := client.Setup(desc.BaseURL, s.media, 0, 0); err != nil {
			return fmt.Errorf("SETUP: %w", err)
		}
	}
	sink, err := p.Gate.Open(ctx, ingest.Request{
		Protocol: "rtsp", Remote: redact(p.URL), Trusted: p.Stream, Kick: end, Lost: lost.Load,
	})
	if err != nil {
		return err
	}
	r := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), end)
	defer func() {
		client.Close()
		r.close(pullFault(err))
	}()
	if err := r.subscribe(clientPeer{client}, desc); err != nil {
		return err
	}
	if _, err := client.Play(nil); err != nil {
		return fmt.Errorf("PLAY: %w", err)
	}
	err = client.Wait()
	select {
	case err = <-stop:
	default:
		if ctx.Err() != nil {
			err = ingest.ErrShuttingDown
		}
	}
	return err
}

// clientPeer fits a client to the peer interface.
type clientPeer struct{ *gortsplib.Client }

func (p clientPeer) OnPacketRTP(m *description.Media, f format.Format, cb func(*rtp.Packet)) {
	p.Client.OnPacketRTP(m, f, cb)
}
