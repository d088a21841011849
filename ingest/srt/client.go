package srt

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/mpegts"
)

// Client fetches a transport stream from an SRT listener, or meets a peer in rendezvous mode.
type Client struct {
	Address    string // HOST:PORT of the peer
	Rendezvous bool
	LocalPort  int    // of rendezvous; 0: the peer's
	StreamID   string // what to ask a listener for; secret
	Passphrase string // "": no encryption
	KeyLength  int    // in bytes: 16, 24 or 32
	// Latency is how long a lost packet may take to be sent again; the peer may want more.
	Latency time.Duration
	// Program is the one to take of the transport stream; 0: the first with video.
	Program uint16

	led  func(bool)    // told in tests whether we led a rendezvous
	idle time.Duration // how long the peer may send nothing; 0: pullIdle
}

// pullIdle is how long a peer may send nothing.
const pullIdle = 5 * time.Second

// Fetch receives until the peer ends the stream, it is lost, or ctx ends.
func (c *Client) Fetch(ctx context.Context, gate ingest.Gate) error {
	c.idle = cmp.Or(c.idle, pullIdle)
	outer, err := c.dial(ctx)
	if err != nil {
		return err
	}
	h, err := newCaller(outer, c)
	if err != nil {
		_ = outer.Close()
		return err
	}
	meet := h.call
	if h.patient = c.Rendezvous; h.patient {
		meet = h.meet
	}
	agreed, err := meet(ctx)
	if c.led != nil {
		c.led(h.led)
	}
	if err != nil {
		_ = outer.Close()
		if ctx.Err() != nil {
			return ingest.ErrShuttingDown
		}
		return err
	}
	r, err := newBridge(ctx, outer, agreed, c)
	if err != nil {
		_ = outer.Close()
		return err
	}
	defer r.close()
	return c.receive(ctx, gate, r)
}

// dial opens the socket, which hears the peer alone.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{}
	if c.Rendezvous {
		_, port, err := net.SplitHostPort(c.Address)
		if err != nil {
			return nil, err
		}
		if c.LocalPort != 0 {
			port = fmt.Sprint(c.LocalPort)
		}
		if d.LocalAddr, err = net.ResolveUDPAddr("udp", ":"+port); err != nil {
			return nil, err
		}
	}
	return d.DialContext(ctx, "udp", c.Address)
}

// receive feeds a publication.
func (c *Client) receive(ctx context.Context, gate ingest.Gate, r *bridge) error {
	kick := &kicker{}
	sink, err := gate.Open(ctx, ingest.Request{
		Protocol: "srt", Kick: kick.kick, Lost: kick.lost, Received: kick.received, Link: kick.link,
	})
	if err != nil {
		return err
	}
	kick.arm(r.conn)
	defer context.AfterFunc(ctx, func() { kick.kick(ingest.ErrShuttingDown) })()
	session := ingest.NewSession(sink, mpegts.Scale, mpegts.WrapBits)
	timed := &timedReader{reader: r.conn, last: time.Now()}
	if err = mpegts.Demux(timed, session, mpegts.Config{Program: c.Program}); err == nil {
		err = silence(timed, c.idle, c.Latency)
	}
	if reason := kick.reason(); reason != nil {
		err = reason
	}
	session.Close(err)
	return err
}
