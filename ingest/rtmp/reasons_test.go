package rtmp

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
)

func TestReasonsInWords(t *testing.T) {
	timeout := os.ErrDeadlineExceeded
	address := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1935}
	operation := func(op string, err error) error {
		return &net.OpError{Op: op, Net: "tcp", Source: address, Addr: address, Err: err}
	}
	tests := []struct {
		name string
		err  error
		want string
		lost bool
	}{
		{"silence", operation("read", timeout), "connection lost: nothing came for 10s; ", true},
		{"a client that reads nothing", operation("write", timeout), "connection lost: the encoder took nothing of what the server answered for 5s", true},
		{"end", io.EOF, "connection lost: the encoder, or something between, closed the connection", true},
		{"end in a message", io.ErrUnexpectedEOF, "connection lost: the encoder, or something between, closed the connection", true},
		{"reset", operation("read", os.NewSyscallError("read", syscall.ECONNRESET)), "connection lost: the encoder, or something between, closed the connection", true},
		{"broken pipe", operation("write", os.NewSyscallError("write", syscall.EPIPE)), "connection lost: the encoder, or something between, closed the connection", true},
		{"said already", ingest.ErrLost, "connection lost", true},
		{"what isn't the network's", ErrChunk, ErrChunk.Error(), false},
		{"unsupported", ingest.ErrUnsupported, "unsupported media", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := inWords(tt.err, 10*time.Second)
			if !strings.HasPrefix(got.Error(), tt.want) || strings.Contains(got.Error(), "10.0.0.1") || errors.Is(got, ingest.ErrLost) != tt.lost || !errors.Is(got, tt.err) {
				t.Error(got)
			}
		})
	}
}

func TestOtherProtocolsAreNamed(t *testing.T) {
	for first, want := range map[string]string{"\x16\x03\x01": "TLS", "GET / HTTP/1.1": "HTTP", "\x03": "left before it published", "": "left before it published"} {
		_, _, err := serveBytes([]byte(first))
		if got := describe(err); !strings.Contains(got, want) {
			t.Errorf("%q: %s", first, got)
		}
	}
}

// A client that falls silent loses its publication, and one that has ended it and stays
// loses its connection, without an error.
func TestSilentClients(t *testing.T) {
	const idle = 20 * time.Second
	tests := []struct {
		name   string
		ended  bool
		reason string
		after  time.Duration
	}{
		{"while live", false, "connection lost: nothing came for 20s", idle},
		{"after the end", true, "", setupTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := [][]byte{join(connected(t, "live"), invoke(t, 1, "publish", 5.0, nil, "KEY", "live")), invoke(t, 1, "_checkbw", 6.0)}
			if tt.ended {
				b = append(b, invoke(t, 1, "FCUnpublish", 6.0, nil, "KEY"))
			}
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				gate := ingesttest.NewGate()
				c := &connection{gate: gate, conn: ours, idle: idle, remote: "test"}
				served := make(chan error, 1)
				go func() {
					served <- c.run(t.Context())
					_ = ours.Close()
				}()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				begun := time.Now()
				for _, message := range b {
					time.Sleep(3 * time.Second)
					begun = time.Now()
					if _, err := theirs.Write(message); err != nil {
						t.Fatal(err)
					}
				}
				err := <-served
				if after := time.Since(begun); after < tt.after-idle/10 || after > tt.after+2*lingerTime {
					t.Errorf("ended after %v", after)
				}
				p := <-gate.Ended
				for _, got := range []error{err, p.Reason} {
					switch {
					case tt.reason == "" && got != nil, tt.reason != "" && (got == nil || !strings.HasPrefix(got.Error(), tt.reason)):
						t.Errorf("ended with %v", got)
					}
				}
			})
		})
	}
}
