package srt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// trusting is the gate of whoever pulls: it says which stream.
type trusting struct{ *ingesttest.Gate }

func (g trusting) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	r.Trusted = "cam"
	return g.Gate.Open(ctx, r)
}

// fetch runs a client until the test, or stop, ends it.
func fetch(t *testing.T, c *Client, gate *ingesttest.Gate) (ended chan error, stop context.CancelFunc) {
	t.Helper()
	c.Latency = 50 * time.Millisecond
	if c.KeyLength == 0 {
		c.KeyLength = 16
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		ended <- c.Fetch(ctx, trusting{gate})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ended, cancel
}

// station is an SRT listener that sends a film to whoever calls, again and again.
type station struct {
	listener   srt.Listener
	passphrase string
	reject     srt.RejectionReason // 0: nobody
	silent     chan struct{}       // closed: nothing more is sent, not even that it ends
	asked      chan string         // streamids
}

func startStation(t *testing.T, s *station) string {
	t.Helper()
	film, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
	if err != nil {
		t.Fatal(err)
	}
	s.silent, s.asked = make(chan struct{}), make(chan string, 16)
	if s.listener, err = srt.Listen("srt", "127.0.0.1:0", srt.DefaultConfig()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			request, err := s.listener.Accept2()
			if err != nil {
				return
			}
			s.asked <- request.StreamId()
			s.serve(request, film)
		}
	}()
	t.Cleanup(func() { s.listener.Close(); <-done })
	return s.listener.Addr().String()
}

func (s *station) serve(request srt.ConnRequest, film []byte) {
	switch {
	case s.reject != 0:
		request.Reject(s.reject)
		return
	case request.IsEncrypted() != (s.passphrase != ""):
		request.Reject(srt.REJ_UNSECURE)
		return
	case s.passphrase != "" && request.SetPassphrase(s.passphrase) != nil:
		request.Reject(srt.REJ_BADSECRET)
		return
	}
	conn, err := request.Accept()
	if err != nil {
		return
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		for rest := film; len(rest) >= 7*188; rest = rest[7*188:] {
			select {
			case <-s.silent:
				_ = conn.Close()
				return
			case <-tick.C:
			}
			if _, err := conn.Write(rest[:7*188]); err != nil {
				return
			}
		}
	}
}

// A listener is called, with keys of each length, and sends a stream.
func TestFetch(t *testing.T) {
	current := goleak.IgnoreCurrent() // the library leaks goroutines of callers
	t.Cleanup(func() { goleak.VerifyNone(t, current) })
	for _, length := range []int{0, 16, 24, 32} {
		t.Run(fmt.Sprintf("AES-%d", 8*length), func(t *testing.T) {
			s := &station{}
			c := &Client{StreamID: "read:stage", KeyLength: length}
			if length > 0 {
				s.passphrase, c.Passphrase = "a-secret-phrase", "a-secret-phrase"
			}
			c.Address = startStation(t, s)
			gate := ingesttest.NewGate()
			ended, stop := fetch(t, c, gate)
			eventually(t, "pictures come", func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= 30 })
			if asked := <-s.asked; asked != "read:stage" {
				t.Errorf("asked for %q", asked)
			}
			// The round trip is measured by acknowledgements, which come each 10 ms.
			if l := gate.Live().Request.Link(); l.Received == 0 || l.Latency < 0.05 || l.Dropped > 0 {
				t.Errorf("%+v", l)
			}
			stop()
			if err := <-ended; !errors.Is(err, ingest.ErrShuttingDown) {
				t.Error(err)
			}
		})
	}
}

// FuzzHandshake: no packet makes the parser panic.
func FuzzHandshake(f *testing.F) {
	h := &caller{conn: &net.UDPConn{}, latency: time.Second, streamID: "read:stage"}
	f.Add(marshalHandshake(&packet.CIFHandshake{Version: 5, HandshakeType: packet.HSTYPE_CONCLUSION, HasHS: true, SRTHS: h.extension(), HasSID: true, StreamId: "a"}, 7, 8))
	f.Add(marshalHandshake(&packet.CIFHandshake{Version: 5, HandshakeType: packet.HSTYPE_WAVEHAND, EncryptionField: 2}, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseHandshake(b)
		if err != nil {
			return
		}
		if len(r.StreamId) > maxStreamID {
			t.Errorf("a streamid of %d bytes", len(r.StreamId))
		}
		if r.HasKM {
			_ = (&caller{passphrase: "a-secret-phrase", keys: r.SRTKM}).judgeKeys(r)
		}
	})
}

// Why nothing can be fetched is said in plain words.
func TestFetchRefusals(t *testing.T) {
	current := goleak.IgnoreCurrent() // the library leaks goroutines of callers
	t.Cleanup(func() { goleak.VerifyNone(t, current) })
	tests := []struct {
		name    string
		station station
		client  Client
		want    error
	}{
		{"wrong passphrase", station{passphrase: "a-secret-phrase"}, Client{Passphrase: "another-phrase"}, errWrongPassphrase},
		{"no passphrase", station{passphrase: "a-secret-phrase"}, Client{}, errNoPassphrase},
		{"unasked passphrase", station{}, Client{Passphrase: "a-secret-phrase"}, errNoPassphrase},
		{"no such stream", station{reject: srt.REJX_NOTFOUND}, Client{}, ingest.ErrNoStream},
		{"wrong key", station{reject: srt.REJX_FORBIDDEN}, Client{}, ingest.ErrCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &Client{Address: startStation(t, &tt.station), Passphrase: tt.client.Passphrase}
			ended, _ := fetch(t, c, ingesttest.NewGate())
			if err := <-ended; !errors.Is(err, tt.want) || strings.Contains(err.Error(), "-phrase") {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	t.Run("half-open", func(t *testing.T) {
		deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer deaf.Close()
		ended, _ := fetch(t, &Client{Address: deaf.LocalAddr().String()}, ingesttest.NewGate())
		if err := <-ended; !errors.Is(err, errNoAnswer) {
			t.Error(err)
		}
	})
}

// A peer that ends the stream says so; one that is gone is noticed.
func TestFetchEnds(t *testing.T) {
	current := goleak.IgnoreCurrent() // the library leaks goroutines of callers
	t.Cleanup(func() { goleak.VerifyNone(t, current) })
	s := &station{}
	address := startStation(t, s)
	gate := ingesttest.NewGate()
	ended, _ := fetch(t, &Client{Address: address}, gate)
	shown := func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= 30 }
	eventually(t, "pictures come", shown)
	close(s.silent)
	if err := <-ended; err != nil {
		t.Errorf("after an end: %v", err)
	}
	<-gate.Ended
	dead := &station{}
	proxy := startProxy(t, startStation(t, dead))
	ended, _ = fetch(t, &Client{Address: proxy.address, idle: time.Second}, gate)
	eventually(t, "pictures come", shown)
	proxy.close()
	if err := <-ended; !errors.Is(err, ingest.ErrLost) {
		t.Errorf("after the peer was gone: %v", err)
	}
}

// proxy passes datagrams on until it is closed.
type proxy struct {
	address string
	close   func()
}

func startProxy(t *testing.T, to string) proxy {
	t.Helper()
	front, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	from := make(chan net.Addr, 1)
	go func() {
		var b [1500]byte
		for known := false; ; known = true {
			n, addr, err := front.ReadFrom(b[:])
			if err != nil {
				return
			}
			if !known {
				from <- addr
			}
			_, _ = back.Write(b[:n])
		}
	}()
	go func() {
		var b [1500]byte
		var caller net.Addr
		for {
			n, err := back.Read(b[:])
			if err != nil {
				return
			}
			if caller == nil {
				caller = <-from
			}
			_, _ = front.WriteTo(b[:n], caller)
		}
	}()
	closing := func() { _ = front.Close(); _ = back.Close() }
	t.Cleanup(closing)
	return proxy{front.LocalAddr().String(), closing}
}

// Two peers meet in rendezvous mode, whichever side's cookie wins, and one sends a stream.
func TestRendezvous(t *testing.T) {
	current := goleak.IgnoreCurrent() // the library leaks goroutines of callers
	t.Cleanup(func() { goleak.VerifyNone(t, current) })
	for _, tt := range []struct{ name, ours, theirs string }{
		{"plain", "", ""}, {"encrypted", "a-secret-phrase", "a-secret-phrase"}, {"wrong passphrase", "a-secret-phrase", "another-phrase"},
		{"no passphrase", "", "another-phrase"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			roles := make(map[bool]bool)
			for range 40 { // chance decides who leads
				if roles[true] && roles[false] {
					return
				}
				leads, err := meetPeer(t, tt.ours, tt.theirs)
				roles[leads] = true
				if wrong := tt.ours != tt.theirs; wrong != (err != nil) || wrong && !errors.Is(err, ingest.ErrCredentials) {
					t.Fatalf("leading %v: %v", leads, err)
				}
			}
			t.Errorf("it always led, or never: %v", roles)
		})
	}
}

// meetPeer fetches a stream from a peer in rendezvous mode. It tells whether we led.
func meetPeer(t *testing.T, ours, theirs string) (leads bool, err error) {
	t.Helper()
	port, other := freePort(t), freePort(t)
	peer := &Client{
		Address: fmt.Sprintf("127.0.0.1:%d", port), Rendezvous: true, LocalPort: other, Passphrase: theirs,
		KeyLength: 24, Latency: 50 * time.Millisecond, idle: pullIdle,
	}
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		sendTo(ctx, t, peer)
	}()
	defer func() { cancel(); <-sent }()
	gate := ingesttest.NewGate()
	c := &Client{Address: fmt.Sprintf("127.0.0.1:%d", other), Rendezvous: true, LocalPort: port, Passphrase: ours, led: func(l bool) { leads = l }}
	ended, stop := fetch(t, c, gate)
	eventually(t, "pictures come, or a refusal", func() bool {
		p := gate.Live()
		return len(ended) > 0 || p != nil && p.Count(media.Video) >= 30
	})
	stop()
	if err = <-ended; errors.Is(err, ingest.ErrShuttingDown) {
		err = nil
	}
	return leads, err
}

// sendTo meets a peer, and sends a film again and again.
func sendTo(ctx context.Context, t *testing.T, c *Client) {
	film, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
	if err != nil {
		t.Error(err)
		return
	}
	outer, err := c.dial(ctx)
	if err != nil {
		t.Error(err)
		return
	}
	h, err := newCaller(outer, c)
	if err != nil {
		t.Error(err)
		return
	}
	h.patient = true
	agreed, err := h.meet(ctx)
	if err != nil {
		_ = outer.Close()
		return // as the other side expects
	}
	defer outer.Close()
	var cipher crypto.Crypto
	if keys := agreed.handshake.SRTKM; keys != nil {
		if cipher, err = crypto.New(int(keys.KLen)); err == nil {
			err = cipher.UnmarshalKM(keys, c.Passphrase)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	at := h.first
	for n, rest := uint32(1), film; ; n, rest = n+1, rest[7*188:] {
		if len(rest) < 7*188 {
			rest = film
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		_, _ = outer.Write(dataPacket(h, agreed.peer, n, at, bytes.Clone(rest[:7*188]), cipher))
		at = at.Inc()
	}
}

// dataPacket makes a packet of media, the n-th message.
func dataPacket(h *caller, to, n uint32, at circular.Number, data []byte, cipher crypto.Crypto) []byte {
	p := packet.NewPacket(nil)
	defer p.Decommission()
	header := p.Header()
	header.PacketSequenceNumber, header.MessageNumber, header.PacketPositionFlag = at, n, packet.SinglePacket
	header.Timestamp, header.DestinationSocketId = uint32(time.Since(h.started).Microseconds()), to
	if cipher != nil {
		header.KeyBaseEncryptionFlag = packet.EvenKeyEncrypted
		_ = cipher.EncryptOrDecryptPayload(data, packet.EvenKeyEncrypted, at.Val())
	}
	p.SetData(data)
	var b bytes.Buffer
	_ = p.Marshal(&b)
	return b.Bytes()
}

func freePort(t *testing.T) int {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}
