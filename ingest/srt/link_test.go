package srt

import (
	"fmt"
	"os"
	"testing"
	"time"

	srt "github.com/datarhei/gosrt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// Publishers encrypt with keys of each length, and it is told how their packets come.
func TestKeyLengthsAndLink(t *testing.T) {
	const passphrase = "a secret phrase"
	film, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{16, 24, 32} {
		t.Run(fmt.Sprintf("AES-%d", 8*length), func(t *testing.T) {
			gate := ingesttest.NewGate()
			address := startServer(t, Config{Passphrase: passphrase, Latency: 50 * time.Millisecond}, gate)
			c := srt.DefaultConfig()
			c.StreamId, c.Passphrase, c.PBKeylen, c.ReceiverLatency, c.PeerLatency = "publish:KEY", passphrase, length, 200*time.Millisecond, 200*time.Millisecond
			conn, err := srt.Dial("srt", address, c)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for rest := film; len(rest) >= 7*188; rest = rest[7*188:] {
				<-tick.C
				if _, err := conn.Write(rest[:7*188]); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "pictures come", func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= 30 })
			link := gate.Live().Request.Link()
			if link.Received == 0 || link.RoundTrip <= 0 || link.Latency != 0.2 || link.Advised < 0.12 {
				t.Errorf("%+v", link)
			}
		})
	}
	if (&kicker{}).link() != (ingest.Link{}) {
		t.Error("a connection that does not exist has packets")
	}
}

// eventually waits for a condition that comes true at once on a machine with nothing else
// to do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); !holds(); {
		select {
		case <-late:
			t.Fatal("not in time: " + what)
		case <-tick.C:
		}
	}
}
