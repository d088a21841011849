package rtsp

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// Refusals of what a server asks of a client.
var (
	errRedirects = errors.New("the server redirects again and again; use the address that it leads to")
	errElsewhere = errors.New("the server redirects to another host, which is not given the user and password; use the address that it leads to")
	errNoAnswer  = errors.New("the server took the connection and did not answer in time; check that the port speaks RTSP, and RTSPS if the address begins with rtsps://")
)

// maxDials bounds the connections of one attempt: three redirects, and a switch from UDP to
// TCP.
const maxDials = 5

// dialer opens the connections of one attempt. The library follows redirects without a bound
// and to any host, to which it gives the password, and waits without a bound for a handshake
// of TLS: what it dials is counted, and ends when the attempt takes too long.
type dialer struct {
	host     string // of the address
	secret   bool   // it has a user and a password
	patience time.Duration

	mu      sync.Mutex
	dials   int
	conn    net.Conn
	timer   *time.Timer // ends an attempt that doesn't get to play
	settled bool
	closed  bool
	err     error
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := d.admit(address); err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close()
		return nil, ingest.ErrShuttingDown
	}
	if d.timer == nil && !d.settled {
		d.timer = time.AfterFunc(2*d.patience, d.expire)
	}
	d.conn = conn
	return conn, nil
}

// admit counts a connection.
func (d *dialer) admit(address string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	switch d.dials++; {
	case d.dials > maxDials:
		d.err = errRedirects
	case d.secret && !strings.EqualFold(host, d.host):
		d.err = errElsewhere
	}
	return d.err
}

// settle says that the server plays: the library's own timeouts are enough from here on.
func (d *dialer) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = true
	if d.timer != nil {
		d.timer.Stop()
	}
}

// expire ends an attempt that takes too long.
func (d *dialer) expire() {
	d.mu.Lock()
	if !d.settled && d.err == nil {
		d.err = errNoAnswer
	}
	d.mu.Unlock()
	d.close()
}

// close ends the connection, and what dials from now on.
func (d *dialer) close() {
	d.mu.Lock()
	conn := d.conn
	d.closed = true
	if d.timer != nil {
		d.timer.Stop()
	}
	d.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}

// refusal is why the dialer ended the attempt; nil: it did not.
func (d *dialer) refusal() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}
