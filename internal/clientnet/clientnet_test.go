package clientnet

import (
	"net/netip"
	"testing"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"203.0.113.7", "203.0.113.7/32"},
		{"::ffff:203.0.113.7", "203.0.113.7/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2::", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::", "2001:db8:1:3::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"::1", "::/64"},
	} {
		address, want := netip.MustParseAddr(tt.address), netip.MustParsePrefix(tt.want)
		if got := Of(address); got != want || Addr(address) != want.Addr() {
			t.Errorf("%s: %v, want %v", tt.address, got, want)
		}
	}
	if Of(netip.Addr{}).IsValid() || Addr(netip.Addr{}).IsValid() {
		t.Error("an invalid address has a network")
	}
}
