package httpserver

import (
	"fmt"
	"net/netip"
	"strings"
)

// Networks are networks as they stand in the configuration, separated by spaces: prefixes, addresses,
// and those that have a name.
type Networks []netip.Prefix

// namedNetworks are those that have a name.
var namedNetworks = map[string][]netip.Prefix{
	"loopback": {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	"private": { // RFC 1918 §3, RFC 4193 §3.1
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
	},
}

// maxNetworks bounds them: each request of a proxy is compared with all. The large CDNs have
// less than 300.
const maxNetworks = 2000

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for field := range strings.FieldsSeq(string(text)) {
		if named, ok := namedNetworks[field]; ok {
			*n = append(*n, named...)
			continue
		}
		prefix, err := parseNetwork(field)
		if err != nil {
			return err
		}
		*n = append(*n, prefix)
	}
	if len(*n) > maxNetworks {
		return fmt.Errorf("%d networks; use at most %d", len(*n), maxNetworks)
	}
	return nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if a, single := netip.ParseAddr(text); single == nil && a.Zone() == "" {
		prefix, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	if err != nil {
		return prefix, fmt.Errorf("%.60q is not a network; use 203.0.113.0/24, 2001:db8::/32, an address, private or loopback, separated by spaces", text)
	}
	if a := prefix.Addr(); a.Is4In6() {
		prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
	}
	if prefix = prefix.Masked(); !prefix.IsValid() || prefix.Bits() == 0 {
		return prefix, fmt.Errorf("%q is every address, so that anybody could claim any address; name the proxies", text)
	}
	return prefix, nil
}
