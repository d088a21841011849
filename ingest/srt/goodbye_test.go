package srt

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// relay passes packets between one caller and the server until it is cut: then the caller
// has vanished for the server.
type relay struct {
	front, back net.PacketConn
	caller      atomic.Pointer[net.Addr]
	cut         atomic.Bool
}

func newRelay(t *testing.T, server string) *relay {
	t.Helper()
	listen := func() net.PacketConn {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{front: listen(), back: listen()}
	go r.pass(r.front, r.back, func(from net.Addr) net.Addr {
		r.caller.Store(&from)
		return to
	})
	go r.pass(r.back, r.front, func(net.Addr) net.Addr { return *r.caller.Load() })
	return r
}

func (r *relay) pass(in, out net.PacketConn, to func(from net.Addr) net.Addr) {
	b := make([]byte, 2048)
	for {
		n, from, err := in.ReadFrom(b)
		if err != nil {
			return
		}
		if !r.cut.Load() {
			_, _ = out.WriteTo(b[:n], to(from))
		}
	}
}

// A caller that shuts the connection down is told from one that vanishes.
func TestGoodbyes(t *testing.T) {
	tests := []struct {
		name string
		idle time.Duration // the server's idle timeout
		want error
	}{
		{"shutdown", 20 * time.Second, nil},
		{"vanished", time.Second, ingest.ErrLost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate := ingesttest.NewGate()
			r := newRelay(t, startServer(t, Config{Latency: 50 * time.Millisecond, IdleTimeout: tt.idle}, gate))
			conn, err := dial(r.front.LocalAddr().String(), "publish:KEY", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ts, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
			if err != nil {
				t.Fatal(err)
			}
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for ; len(ts) >= 7*188; ts = ts[7*188:] {
				<-tick.C
				if _, err := conn.Write(ts[:7*188]); err != nil {
					t.Fatal(err)
				}
			}
			for p := gate.Live(); p == nil || p.Count(media.Video) < 30; p = gate.Live() {
				<-tick.C
			}
			if tt.want == nil {
				_ = conn.Close()
			} else {
				r.cut.Store(true)
			}
			if p := <-gate.Ended; !errors.Is(p.Reason, tt.want) {
				t.Errorf("the publication ended with %v, want %v", p.Reason, tt.want)
			}
		})
	}
}
