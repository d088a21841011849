//go:build !linux

package loadtest

import "net"

// poller is for Linux alone: elsewhere each connection has a goroutine.
type poller struct{}

func newPoller(int) (*poller, error) { return &poller{}, nil }

func (p *poller) take(net.Conn, *chatConn) (bool, error) { return false, nil }
func (p *poller) watch(*chatConn) error                  { return nil }
func (p *poller) close()                                 {}
