// Package bind says which IP versions a listening address stands for, by one rule for all
// listeners: without a host, or with [::], both; with an IPv4 address, 0.0.0.0 among them,
// IPv4 alone; with any other IPv6 address IPv6 alone.
//
// Package net has the same rule, but takes 0.0.0.0 for both.
package bind

import (
	"net"
	"net/netip"
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

// Listen opens a TCP port.
func Listen(address string) (net.Listener, error) {
	return net.Listen(Network("tcp", address), address)
}
