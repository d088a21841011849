package pull

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
	"github.com/globalfandom/lightstick/media"
)

// film is a transport stream of so many seconds with ten pictures each.
func film(seconds int) []byte {
	times := make([]int64, 10*seconds)
	for i := range times {
		times[i] = int64(i) * 9000
	}
	return habits.PlainTS(times, []byte{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}, []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}, []byte{0x65, 0x88, 0x84, 0x00, 0x33})
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

// fetch runs a client of an address through the door of a puller.
func fetch(t *testing.T, gate ingest.Gate, address string, change func(client)) (ended chan error, stop context.CancelFunc) {
	t.Helper()
	a, err := Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.scheme.make(a, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		ended <- inWords(c.Fetch(ctx, door{&puller{stream: "cam", address: a, gate: gate}}))
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ended, cancel
}

func shows(gate *ingesttest.Gate, n int) func() bool {
	return func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= n }
}

func TestFetchHTTP(t *testing.T) {
	mux := http.NewServeMux()
	forever := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(film(60))
		<-r.Context().Done()
	}
	mux.HandleFunc("/live.ts", forever)
	mux.HandleFunc("/file.ts", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(film(4))
	})
	mux.HandleFunc("/secret", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("hello ", 1000)) })
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/list", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile.ts\n#EXT-X-ENDLIST\n")
	})
	mux.HandleFunc("/nameless", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "#EXTM3U\n#EXT-X-ENDLIST\n") })
	server := httptest.NewServer(mux)
	defer server.Close()
	defer server.CloseClientConnections()
	tests := []struct {
		path     string
		pictures int
		want     error
		text     string
	}{
		{"/file.ts", 39, nil, ""},
		{"/list", 39, nil, ""},
		{"/none", 0, ingest.ErrNoStream, ""},
		{"/secret", 0, ingest.ErrCredentials, ""},
		{"/empty", 0, ingest.ErrLost, "sent nothing"},
		{"/text", 0, ingest.ErrUnsupported, "no transport stream"},
		{"/nameless", 0, ingest.ErrUnsupported, ".m3u8"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			gate := ingesttest.NewGate()
			ended, _ := fetch(t, gate, server.URL+tt.path, nil)
			err := <-ended
			if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v, want %v with %q", err, tt.want, tt.text)
			}
			if tt.pictures > 0 {
				if p := <-gate.Ended; p.Count(media.Video) != tt.pictures || p.Request.Protocol != "http" {
					t.Errorf("%d pictures by %s", p.Count(media.Video), p.Request.Protocol)
				}
			}
		})
	}
	t.Run("stops", func(t *testing.T) {
		gate := ingesttest.NewGate()
		ended, stop := fetch(t, gate, server.URL+"/live.ts", nil)
		eventually(t, "pictures come", shows(gate, 20))
		stop()
		if err := <-ended; !errors.Is(err, ingest.ErrShuttingDown) {
			t.Error(err)
		}
	})
	t.Run("kicked", func(t *testing.T) {
		gate := ingesttest.NewGate()
		ended, _ := fetch(t, gate, server.URL+"/live.ts", nil)
		eventually(t, "pictures come", shows(gate, 20))
		gate.Live().Request.Kick(ingest.ErrSuperseded)
		if err := <-ended; !errors.Is(err, ingest.ErrSuperseded) {
			t.Error(err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		ended, _ := fetch(t, ingesttest.NewGate(), "http://127.0.0.1:1/a.ts", nil)
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "connection refused: nothing listens there") {
			t.Error(err)
		}
	})
}

// sendUDP sends a transport stream to an address until it is stopped, each datagram behind a
// header.
func sendUDP(t *testing.T, address string, header []byte) (stop func()) {
	t.Helper()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	if to := conn.RemoteAddr().(*net.UDPAddr); to.IP.IsMulticast() {
		loopback, err := net.InterfaceByName("lo")
		if err == nil {
			err = ipv4.NewPacketConn(conn.(net.PacketConn)).SetMulticastInterface(loopback)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for rest := film(600); len(rest) > 0; rest = rest[min(7*188, len(rest)):] {
			select {
			case <-tick.C:
			case <-quit:
				return
			}
			_, _ = conn.Write(append(header[:len(header):len(header)], rest[:min(7*188, len(rest))]...))
		}
		<-quit
	}()
	return func() { close(quit); <-done; _ = conn.Close() }
}

func TestFetchUDP(t *testing.T) {
	rtp := []byte{0x80, 33, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}
	for _, tt := range []struct {
		name, host, query string
		header            []byte
	}{
		{"to a port", "127.0.0.1", "", nil}, {"by RTP", "127.0.0.1", "?source=127.0.0.1", rtp}, {"to a group", "239.255.77.7", "?interface=lo", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			free, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := free.LocalAddr().(*net.UDPAddr).Port
			_ = free.Close()
			gate := ingesttest.NewGate()
			address := net.JoinHostPort(tt.host, fmt.Sprint(port))
			ended, _ := fetch(t, gate, "udp://@"+address+tt.query, func(c client) { c.(*udpClient).idle = time.Second })
			stop := sendUDP(t, address, tt.header)
			eventually(t, "pictures come", shows(gate, 40))
			// Somebody else sends noise to the same port.
			noise, err := net.Dial("udp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer noise.Close()
			for range 100 {
				_, _ = noise.Write(make([]byte, 1316))
			}
			before := gate.Live().Count(media.Video)
			eventually(t, "pictures go on", shows(gate, before+20))
			if p := gate.Live(); p.Request.Protocol != "udp" {
				t.Error(p.Request.Protocol)
			}
			stop()
			if err := <-ended; !errors.Is(err, ingest.ErrLost) {
				t.Error(err)
			}
			if p := <-gate.Ended; p.Repairs[ingest.RepairSync] > 0 {
				t.Errorf("repairs: %v", p.Repairs)
			}
		})
	}
	// Nobody sends: it is waited for, and the end is no fault.
	ended, stop := fetch(t, ingesttest.NewGate(), "udp://127.0.0.1:1", nil)
	stop()
	if err := <-ended; err == nil {
		t.Error("no reason")
	}
}
