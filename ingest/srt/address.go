package srt

import (
	"net"
	"net/netip"

	"golang.org/x/time/rate"

	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/internal/clientnet"
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

// source is what calls are limited by: the network of the client.
func source(remote net.Addr) (netip.Prefix, error) {
	from, err := netip.ParseAddrPort(remote.String())
	return clientnet.Of(from.Addr()), err
}

// allowed limits how often one source may call, and the number of connections.
func (s *Server) allowed(remote net.Addr) error {
	from, err := source(remote)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.connections) >= maxConnections {
		return errTooManyConnections
	}
	limiter := s.callers[from]
	if limiter == nil {
		if len(s.callers) >= maxSourcesTracked {
			clear(s.callers) // a flood of addresses: begin anew rather than grow
		}
		limiter = rate.NewLimiter(callsPerSecond, callBurst)
		s.callers[from] = limiter
	}
	if !limiter.Allow() {
		return errTooManyCalls
	}
	return nil
}
