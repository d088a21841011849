package srt

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/datarhei/gosrt/packet"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/logtest"
)

func TestHandshakeFaults(t *testing.T) {
	for message, want := range map[string]string{
		"only live streaming is supported":                                  "transtype=live",
		"peer version insufficient (0x010200), expecting at least 0x010401": "update the encoder",
		"only HSv4 and HSv5 are supported (got HSv3)":                       "update the encoder",
		"crypto: crypto: invalid key size, must be either 16, 24, or 32":    "pbkeylen",
		"payload size is too small (12 bytes)":                              "MSS of 1500",
		"unsupported handshake: wavehand (rendezvous)":                      "caller mode",
		"something that a later version of the library says":                "something that",
		"not all required flags are set":                                    "live mode",
		"invalid type, expecting a value of 2 (UDT_DGRAM)":                  "live mode",
		"only live congestion control is supported":                         "live mode",
		"MTU is too big (9000 bytes)":                                       "MSS of 1500",
	} {
		if got := handshakeFault(message).Error(); !strings.HasPrefix(got, message) || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", message, got, want)
		}
	}
}

// What the library refuses by itself is in the log, with what to set: nobody else is told.
func TestRefusedHandshakesAreLogged(t *testing.T) {
	log := &logtest.Buffer{}
	s, err := Listen(Config{Listen: "127.0.0.1:0"}, ingesttest.NewGate(), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ingesttest.Start(t, s.Run)
	conn, err := net.Dial("udp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	call := packet.NewPacket(conn.RemoteAddr())
	call.Header().IsControlPacket, call.Header().ControlType = true, packet.CTRLTYPE_HANDSHAKE
	call.MarshalCIF(&packet.CIFHandshake{IsRequest: true, Version: 5, HandshakeType: packet.HSTYPE_WAVEHAND, SRTSocketId: 1})
	var datagram bytes.Buffer
	if err := call.Marshal(&datagram); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(datagram.Bytes()); err != nil {
		t.Fatal(err)
	}
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), "caller mode") && time.Now().Before(deadline); {
		<-poll.C
	}
	if !strings.Contains(log.String(), "publisher refused") || !strings.Contains(log.String(), "caller mode") {
		t.Errorf("logged:\n%s", log)
	}
}
