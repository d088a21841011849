// Package clientnet says which addresses count as one client: the one rule by which
// limits, bans, screens and votes are kept per address.
package clientnet

import "net/netip"

// ipv6Bits is the length of the prefix that a subscriber, or a host, is given at least
// (RFC 6177 §2, RFC 4291 §2.5.1). Its other bits are the client's to choose.
const ipv6Bits = 64

// Of is the network of the client at an address: the IPv4 address itself, also when it is
// mapped into IPv6, or the IPv6 address's /64. Zones are left out. The network of an
// invalid address is invalid.
func Of(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = ipv6Bits
	}
	network, _ := address.Prefix(bits) // it fails for an invalid address only
	return network
}

// Addr is the first address of the client's network: one value for all of its addresses.
// It is invalid if the address is.
func Addr(address netip.Addr) netip.Addr { return Of(address).Addr() }
