// Package bind says which IP versions a listening address stands for, by one rule for all
// listeners: without a host, or with [::], both; with an IPv4 address, 0.0.0.0 among them,
// IPv4 alone; with any other IPv6 address IPv6 alone.
//
// Package net has the same rule, but takes 0.0.0.0 for both.
package bind

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// Network is what [net.Listen] and [net.ListenPacket] are given for an address: "tcp" or
// "udp" as it is, or followed by 4.
func Network(network, address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return network // net.Listen says what is wrong
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() && ip.IsUnspecified() {
		return network + "4"
	}
	return network
}

// Explain says in an operator's words why a port can't be opened. Other errors stay as they
// are.
func Explain(err error) error {
	failed := (*net.OpError)(nil)
	if !errors.As(err, &failed) || failed.Op != "listen" || failed.Addr == nil {
		return err
	}
	port := "TCP port " + failed.Addr.String()
	if strings.HasPrefix(failed.Net, "udp") {
		port = "UDP port " + failed.Addr.String()
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &explained{port + " is already in use by another program", err}
	case errors.Is(err, syscall.EACCES):
		return &explained{port + " can't be opened without root or the capability CAP_NET_BIND_SERVICE", err}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &explained{port + " can't be opened: this machine doesn't have that address", err}
	}
	return err
}

// explained is an error in other words.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }

func (e *explained) Unwrap() error { return e.cause }

// Listen opens a TCP port.
func Listen(address string) (net.Listener, error) {
	return net.Listen(Network("tcp", address), address)
}
