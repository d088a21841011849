package srt

import (
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	srt "github.com/datarhei/gosrt"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
)

// Publishers come by the IP versions that the address stands for, see package bind.
func TestAddresses(t *testing.T) {
	ipv6 := true
	if c, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		ipv6 = false
	} else {
		_ = c.Close()
	}
	tests := []struct {
		listen string
		v4, v6 bool
		needs6 bool
	}{
		{":0", true, true, false},
		{"[::]:0", true, true, true},
		{"0.0.0.0:0", true, false, false},
		{"127.0.0.1:0", true, false, false},
		{"[::1]:0", false, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.listen, func(t *testing.T) {
			t.Parallel()
			gate := ingesttest.NewGate()
			s, err := Listen(Config{Listen: tt.listen}, gate, slog.New(slog.DiscardHandler))
			if err != nil {
				if tt.needs6 && !ipv6 {
					return
				}
				t.Fatal(err)
			}
			ingesttest.Start(t, s.Run)
			_, port, err := net.SplitHostPort(s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			for host, want := range map[string]bool{"127.0.0.1": tt.v4, "::1": tt.v6 && ipv6} {
				err := publishOnce(gate, net.JoinHostPort(host, port), want)
				if (err == nil) != want {
					t.Errorf("%s: %v; is let in: want %v", host, err, want)
				}
			}
		})
	}
}

// The library takes no host names.
func TestHostNames(t *testing.T) {
	got, err := probe("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	if at, err := netip.ParseAddrPort(got); err != nil || !at.Addr().IsLoopback() {
		t.Errorf("%q, %v", got, err)
	}
}

// publishOnce connects and leaves again.
func publishOnce(gate *ingesttest.Gate, address string, expected bool) error {
	c := srt.DefaultConfig()
	c.StreamId, c.ConnectionTimeout = "publish:KEY", 30*time.Second
	if !expected {
		c.ConnectionTimeout = time.Second
	}
	conn, err := srt.Dial("srt", address, c)
	if err != nil {
		return err
	}
	_ = conn.Close()
	<-gate.Ended
	return nil
}
