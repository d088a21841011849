package srt

import (
	"net"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// probe looks whether the port is free: the library would share it with whoever has it.
// It returns the address as the library wants it, which knows no host names, and takes
// IPv4 too only if there is no host.
func probe(address string) (string, error) {
	free, err := net.ListenPacket(bind.Network("udp", address), address)
	if err != nil {
		return "", err
	}
	defer free.Close()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip == netip.IPv6Unspecified() {
		return ":" + port, nil
	}
	host, _, err = net.SplitHostPort(free.LocalAddr().String())
	return net.JoinHostPort(host, port), err
}

// allowed limits how often one source may call, and the number of connections.
func (s *Server) allowed(remote net.Addr) error {
	from, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return err
	}
	s.mu.Lock()
	full := len(s.connections) >= maxConnections
	s.mu.Unlock()
	if full {
		return errTooManyConnections
	}
	if _, ok := s.callers.Take(time.Now(), ratelimit.Who{Address: from.Addr()}); !ok {
		return errTooManyCalls
	}
	return nil
}
