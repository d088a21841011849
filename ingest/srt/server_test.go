package srt

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	srt "github.com/datarhei/gosrt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
)

func startServer(t *testing.T, cfg Config, gate ingest.Gate) string {
	t.Helper()
	cfg.Listen = "127.0.0.1:0"
	s, err := Listen(cfg, gate, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ingesttest.Start(t, s.Run)
	return s.Addr().String()
}

func dial(address, streamID, passphrase string) (srt.Conn, error) {
	c := srt.DefaultConfig()
	c.StreamId, c.Passphrase = streamID, passphrase
	c.ConnectionTimeout = 2 * time.Second
	return srt.Dial("srt", address, c)
}

func TestPublish(t *testing.T) {
	for _, passphrase := range []string{"", "a secret phrase"} {
		gate := ingesttest.NewGate()
		address := startServer(t, Config{Passphrase: setting.Secret(passphrase), Latency: 50 * time.Millisecond}, gate)
		conn, err := dial(address, "publish:KEY", passphrase)
		if err != nil {
			t.Fatal(err)
		}
		ts, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
		if err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(time.Millisecond)
		for ; len(ts) >= 7*188; ts = ts[7*188:] {
			<-tick.C
			if _, err := conn.Write(ts[:7*188]); err != nil {
				t.Fatal(err)
			}
		}
		tick.Stop()
		// What is sent last is still in the receiver's latency buffer: closing now would
		// throw it away.
		arrived := func(p *ingesttest.Publication) bool {
			return p != nil && p.Count(media.Video) >= 30 && p.Count(media.Audio) >= 30
		}
		poll := time.NewTicker(10 * time.Millisecond)
		for deadline := time.Now().Add(5 * time.Second); !arrived(gate.Live()) && time.Now().Before(deadline); {
			<-poll.C
		}
		poll.Stop()
		_ = conn.Close()
		if p := <-gate.Ended; !arrived(p) {
			t.Errorf("%d pictures, %d audio units", p.Count(media.Video), p.Count(media.Audio))
		}
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, configured, streamID, passphrase string
	}{
		{"wrong key", "", "publish:nobody", ""},
		{"a player", "", "read:KEY", ""},
		{"no passphrase", "a secret phrase", "publish:KEY", ""},
		{"wrong passphrase", "a secret phrase", "publish:KEY", "another phrase"},
		{"unasked encryption", "", "publish:KEY", "a secret phrase"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate := ingesttest.NewGate()
			address := startServer(t, Config{Passphrase: setting.Secret(tt.configured)}, gate)
			conn, err := dial(address, tt.streamID, tt.passphrase)
			if err == nil {
				_ = conn.Close()
				t.Fatal("was let in")
			}
			if len(gate.Ended) > 0 {
				t.Error("a publication was opened")
			}
		})
	}
}

// Passphrases are tried only as often as Attempt lets them be.
func TestPassphraseAttempts(t *testing.T) {
	for _, tt := range []struct {
		name, passphrase string
		slowed           bool
		results          []bool
	}{
		{"right", "a secret phrase", false, []bool{true}},
		{"wrong", "another phrase", false, []bool{false}},
		{"right, but too many were wrong", "a secret phrase", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ended := make(chan bool, 16)
			cfg := Config{Passphrase: "a secret phrase", Attempt: func(remote string) (func(bool), error) {
				if _, err := netip.ParseAddrPort(remote); err != nil {
					t.Error(err)
				}
				if tt.slowed {
					return nil, ingest.ErrTooManyAttempts
				}
				return func(right bool) { ended <- right }, nil
			}}
			conn, err := dial(startServer(t, cfg, ingesttest.NewGate()), "publish:KEY", tt.passphrase)
			if letIn := len(tt.results) == 1 && tt.results[0]; (err == nil) != letIn {
				t.Errorf("%v; is let in: want %v", err, letIn)
			}
			if err == nil {
				_ = conn.Close()
			}
			for _, want := range tt.results {
				if right := <-ended; right != want {
					t.Errorf("ended with %v, want %v", right, want)
				}
			}
			if len(ended) > 0 {
				t.Error("more attempts than calls")
			}
		})
	}
}

// Who is refused is told why, as far as SRT has words for it, and whoever is put off the
// air is on record with the reason.
func TestReasons(t *testing.T) {
	_, noStreamID := parseStreamID("read:KEY")
	for _, tt := range []struct {
		err  error
		want srt.RejectionReason
	}{
		{errPassphraseWrong, srt.REJ_BADSECRET}, {errPassphraseMissing, srt.REJ_UNSECURE}, {errPassphraseUnknown, srt.REJ_UNSECURE},
		{noStreamID, srt.REJX_BAD_REQUEST}, {ingest.ErrBusy, srt.REJX_CONFLICT}, {ingest.ErrUnauthorized, srt.REJX_UNAUTHORIZED},
		{ingest.ErrShuttingDown, srt.REJX_FORBIDDEN},
	} {
		if got := rejection(fmt.Errorf("refused: %w", tt.err)); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
	gate := ingesttest.NewGate()
	address := startServer(t, Config{}, gate)
	conn, err := dial(address, "publish:KEY", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if second, err := dial(address, "publish:KEY", ""); err == nil {
		_ = second.Close()
		t.Error("a second publisher was let in")
	}
	reason := errors.New("kicked by the operator")
	gate.Live().Request.Kick(reason)
	if p := <-gate.Ended; !errors.Is(p.Reason, reason) {
		t.Errorf("ended with %v", p.Reason)
	}
}

func TestCallsAreLimited(t *testing.T) {
	s := &Server{callers: newCallers(), connections: map[*connection]struct{}{}}
	from := func(host string) bool { return s.allowed(&net.UDPAddr{IP: net.ParseIP(host), Port: 1}) == nil }
	for name, sources := range map[string]struct{ same, other string }{
		"IPv4":               {"192.0.2.1", "192.0.2.2"},
		"IPv6, of one peer":  {"2001:db8::%x", "2001:db8:0:1::1"},
		"IPv4 in an address": {"::ffff:192.0.2.3", "192.0.2.4"},
	} {
		taken := 0
		for i := range 100 * callBurst {
			host := sources.same
			if strings.Contains(host, "%") {
				host = fmt.Sprintf(host, i+1)
			}
			if from(host) {
				taken++
			}
		}
		if taken < callBurst || taken >= 50*callBurst || !from(sources.other) {
			t.Errorf("%s: %d calls were taken at once", name, taken)
		}
	}
	for i := range maxSourcesTracked + 5 {
		from(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&0xff, i&0xff))
	}
	if s.callers.Len() > maxSourcesTracked {
		t.Errorf("%d callers are remembered", s.callers.Len())
	}
	for range maxConnections {
		s.connections[new(connection)] = struct{}{}
	}
	if from("192.0.2.3") {
		t.Error("more connections than there may be")
	}
}

// The library's parser panics on some malformed handshakes; the server must stay.
func TestMalformedHandshakes(t *testing.T) {
	gate := ingesttest.NewGate()
	address := startServer(t, Config{}, gate)
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for n := range 200 {
		packet := make([]byte, 16+n)
		packet[0] = 0x80 // control packet, type 0: handshake
		for i := 16; i < len(packet); i++ {
			packet[i] = byte(i * n)
		}
		if _, err := conn.Write(packet); err != nil && !strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
	}
	// Those calls used up what one source address may make for a moment: try again,
	// as a publisher would.
	var good srt.Conn
	for begun := time.Now(); time.Since(begun) < 30*time.Second; {
		if good, err = dial(address, "publish:KEY", ""); err == nil {
			_ = good.Close()
			return
		}
		<-time.After(200 * time.Millisecond) // the limiter's clock is real time
	}
	t.Fatal(err)
}
