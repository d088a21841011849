package bind

import (
	"net"
	"testing"
)

// Where a machine has IPv6, addresses without a host stand for both versions. It starts
// without it too.
func TestWhoReachesAnAddress(t *testing.T) {
	ipv6 := true
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		ipv6 = false
	} else {
		_ = l.Close()
	}
	type reached struct{ v4, v6 bool }
	tests := []struct {
		address string
		want    reached
		needs6  bool
	}{
		{":0", reached{true, true}, false},
		{"[::]:0", reached{true, true}, true},
		{"0.0.0.0:0", reached{true, false}, false},
		{"127.0.0.1:0", reached{true, false}, false},
		{"[::1]:0", reached{false, true}, true},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			l, err := Listen(tt.address)
			if err != nil {
				if tt.needs6 && !ipv6 {
					return
				}
				t.Fatal(err)
			}
			defer l.Close()
			_, port, err := net.SplitHostPort(l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			got := reached{answers("127.0.0.1", port), answers("::1", port)}
			tt.want.v6 = tt.want.v6 && ipv6
			if got != tt.want {
				t.Errorf("reached by %+v, want %+v", got, tt.want)
			}
		})
	}
}

func answers(host, port string) bool {
	c, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		":1": "udp", "[::]:1": "udp", "0.0.0.0:1": "udp4", "192.0.2.1:1": "udp", "localhost:1": "udp", "nonsense": "udp",
	} {
		if got := Network("udp", address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
