package rtsp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Client plays what a camera, or any RTSP server, has at an rtsp:// or rtsps:// address.
type Client struct {
	URL string // may hold a password: never logged
	// TLS is that of rtsps://; nil is what the system trusts.
	TLS *tls.Config
	Log *slog.Logger

	idle time.Duration // how long the server may send nothing; 0: pullIdle
}

// pullIdle bounds the silence of a server that is pulled from, and each of its answers.
const pullIdle = 10 * time.Second

// Fetch plays until the server ends it, it is lost, or ctx ends.
func (c *Client) Fetch(ctx context.Context, gate ingest.Gate) error {
	p := &pull{ending: make(chan struct{}), ended: make(chan struct{})}
	if err := p.open(ctx, c); err != nil {
		return p.fault(err)
	}
	defer p.close()
	desc, _, err := p.client.Describe(p.url)
	if err != nil {
		return p.fault(fmt.Errorf("DESCRIBE: %w", err))
	}
	sink, err := gate.Open(ctx, ingest.Request{Protocol: "rtsp", Kick: p.end, Lost: p.lost.Load})
	if err != nil {
		return err
	}
	r := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), p.end)
	err = p.fault(p.play(desc, r))
	p.close() // no packet comes after it
	r.close(err)
	return err
}

// pull is one connection to a server.
type pull struct {
	client *gortsplib.Client
	dialer dialer
	url    *base.URL
	lost   atomic.Uint64 // packets

	once   sync.Once
	ending chan struct{} // closed by the first end
	reason error         // why; nil: there is nothing more to take
	ended  chan struct{} // closed when nothing of it runs any more
}

// open prepares the client. Nothing is sent yet.
func (p *pull) open(ctx context.Context, c *Client) (err error) {
	if p.url, err = base.ParseURL(c.URL); err != nil {
		return errors.New("the address can't be parsed") // the error would show it
	}
	idle := cmp.Or(c.idle, pullIdle)
	p.dialer = dialer{host: p.url.Hostname(), secret: p.url.User != nil, patience: idle}
	p.client = &gortsplib.Client{
		Scheme: p.url.Scheme, Host: p.url.Host, ReadTimeout: idle, WriteTimeout: 5 * time.Second,
		TLSConfig: c.TLS, DialContext: p.dialer.dial,
		// The library prints these to the standard error otherwise.
		OnTransportSwitch: func(err error) { c.Log.Info("pulling over TCP", "err", err) },
		OnPacketsLost:     func(n uint64) { p.lost.Add(n) },
		OnDecodeError:     func(err error) { c.Log.Debug("packet can't be read", "err", err) },
	}
	if err := p.client.Start2(); err != nil {
		return err
	}
	go func() {
		defer close(p.ended)
		select {
		case <-ctx.Done():
			p.end(ingest.ErrShuttingDown)
		case <-p.ending:
		}
		p.dialer.close() // the library waits without a bound for a handshake of TLS
		p.client.Close()
	}()
	return nil
}

// end ends the connection for a reason of ours. It doesn't wait: it may be called by one of
// the callbacks that closing waits for.
func (p *pull) end(reason error) {
	p.once.Do(func() {
		p.reason = reason
		close(p.ending)
	})
}

// close ends the connection, and waits for the end of what it started.
func (p *pull) close() {
	p.end(nil)
	<-p.ended
}

// play takes what is offered until it ends.
func (p *pull) play(desc *description.Session, r *receiver) error {
	video, audio, err := choose(desc)
	if err != nil {
		return err
	}
	for _, s := range []selected{video, audio} {
		if s.format == nil {
			continue
		}
		if _, err := p.client.Setup(desc.BaseURL, s.media, 0, 0); err != nil {
			return fmt.Errorf("SETUP: %w", err)
		}
	}
	if err := r.subscribe(clientPeer{p.client}, desc); err != nil {
		return err
	}
	if _, err := p.client.Play(nil); err != nil {
		return fmt.Errorf("PLAY: %w", err)
	}
	p.dialer.settle()
	return p.client.Wait()
}

// fault is why the connection ended: for our own reason, if there is one.
func (p *pull) fault(err error) error {
	select {
	case <-p.ending:
		if p.reason != nil {
			return p.reason
		}
	default:
	}
	if refused := p.dialer.refusal(); refused != nil {
		return refused
	}
	return pullFault(err)
}

// clientPeer fits a client to the peer interface.
type clientPeer struct{ *gortsplib.Client }

func (p clientPeer) OnPacketRTP(m *description.Media, f format.Format, cb func(*rtp.Packet)) {
	p.Client.OnPacketRTP(m, f, cb)
}
