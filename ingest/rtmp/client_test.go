package rtmp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/bits"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

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

// station is a server that plays to one client.
type station struct {
	secure *tls.Config
	mute   bool          // it accepts the connection, and that is all
	refuse string        // code of onStatus, or "connect" for an _error
	stop   chan struct{} // closed: the stream ends, as end says
	end    string        // code of onStatus; "": the connection is closed; "silence": nothing more comes
	asked  chan string   // app and stream
}

func (s *station) start(t *testing.T) string {
	t.Helper()
	s.stop, s.asked = make(chan struct{}), make(chan string, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var served net.Conn
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		served = conn
		if s.secure != nil {
			conn = tls.Server(conn, s.secure)
		}
		s.serve(conn)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		select {
		case <-s.stop:
		default:
			close(s.stop)
		}
		<-done
		if served != nil {
			_ = served.Close()
		}
	})
	return l.Addr().String()
}

func (s *station) serve(conn net.Conn) {
	if s.mute {
		return
	}
	buffered := bufio.NewReader(conn)
	if _, _, err := handshake.DoServer(readWriter{buffered, conn}, false); err != nil {
		return
	}
	c := &connection{conn: conn, chunks: newChunkReader(buffered), writer: message.NewWriter(conn, bytecounter.NewWriter(conn), false)}
	for {
		m, err := c.chunks.read()
		if err != nil {
			return
		}
		if m.kind == typeSetChunkSize {
			_ = c.handle(context.Background(), m)
			continue
		}
		if m.kind != typeCommandAMF0 {
			continue
		}
		cmd, _ := parseCommand(m.streamID, m.body)
		switch cmd.name {
		case "connect":
			if s.refuse == "connect" {
				_ = c.writer.Write(&message.CommandAMF0{ChunkStreamID: 3, Name: "_error", CommandID: 1, Arguments: amf0.Data{nil, amf0.Object{
					{Key: "level", Value: "error"}, {Key: "code", Value: "NetConnection.Connect.Rejected"}, {Key: "description", Value: "no app for s3cret"},
				}}})
				continue
			}
			_ = c.connect(cmd)
		case "createStream":
			_ = c.result(cmd.transaction, nil, float64(7))
		case "play":
			s.asked <- cmd.text()
			s.send(c, cmd)
			return
		}
	}
}

// send plays a stream: a picture and sound every 2 ms, with timestamps of 40 ms.
func (s *station) send(c *connection, cmd command) {
	if s.refuse != "" {
		_ = c.status(cmd.streamID, "error", s.refuse, "no")
		return
	}
	_ = c.status(cmd.streamID, "status", "NetStream.Play.Start", "playing")
	// The server has announced chunks of 65,536 bytes.
	const chunk = 65536
	_, _ = c.conn.Write(inChunks(6, 0, typeVideo, append([]byte{0x17, 0, 0, 0, 0}, avcConfig()...), chunk))
	_, _ = c.conn.Write(inChunks(4, 0, typeAudio, []byte{0xaf, 0, 0x11, 0x90}, chunk))
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-s.stop:
			switch s.end {
			case "":
				_ = c.conn.Close()
			case "silence":
			default:
				_ = c.status(cmd.streamID, "status", s.end, "the end")
			}
			return
		case <-tick.C:
		}
		_, _ = c.conn.Write(inChunks(6, n*40, typeVideo, append([]byte{0x17, 1, 0, 0, 0}, lengthPrefixed(nalUnit(3))...), chunk))
		if _, err := c.conn.Write(inChunks(4, n*40, typeAudio, []byte{0xaf, 1, 1, 2, 3, 4}, chunk)); err != nil {
			return
		}
	}
}

func fetch(t *testing.T, c *Client, gate *ingesttest.Gate) (ended chan error, stop context.CancelFunc) {
	t.Helper()
	c.App, c.Stream = "live", "s3cret?token=x"
	c.TCURL = "rtmp://" + c.Address + "/live"
	ctx, cancel := context.WithCancel(t.Context())
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		ended <- c.Fetch(ctx, trusting{gate})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ended, cancel
}

func shows(gate *ingesttest.Gate) func() bool {
	return func() bool {
		p := gate.Live()
		return p != nil && p.Count(media.Video) >= 20 && p.Count(media.Audio) >= 20
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

// A server plays, in the clear and by TLS, until it, or we, end it.
func TestFetch(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(web.Certificate())
	tests := []struct {
		name, end string
		secure    bool
		want      error
	}{
		{"stopped here", "", false, ingest.ErrShuttingDown},
		{"stopped here by TLS", "", true, ingest.ErrShuttingDown},
		{"kicked", "", false, ingest.ErrSuperseded},
		{"ended", "NetStream.Play.UnpublishNotify", false, nil},
		{"lost", "", false, ingest.ErrLost},
		{"silent", "silence", false, ingest.ErrLost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &station{end: tt.end}
			if tt.secure {
				s.secure = &tls.Config{Certificates: web.TLS.Certificates}
			}
			c := &Client{Address: s.start(t), Secure: tt.secure, TLS: &tls.Config{RootCAs: trusted}}
			if tt.end == "silence" {
				c.idle = time.Second
			}
			gate := ingesttest.NewGate()
			ended, stop := fetch(t, c, gate)
			eventually(t, "the stream comes", shows(gate))
			if asked := <-s.asked; asked != "s3cret?token=x" {
				t.Errorf("asked for %q", asked)
			}
			switch tt.name {
			case "kicked":
				gate.Live().Request.Kick(ingest.ErrSuperseded)
			case "ended", "lost", "silent":
				close(s.stop)
			default:
				stop()
			}
			if err := <-ended; !errors.Is(err, tt.want) || tt.want == nil && err != nil {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if p := <-gate.Ended; !errors.Is(p.Reason, tt.want) {
				t.Errorf("the publication ended with %v", p.Reason)
			}
		})
	}
}

// Why a server plays nothing is said, and not the stream's name.
func TestFetchRefusals(t *testing.T) {
	tests := []struct {
		name    string
		station station
		want    error
		text    string
	}{
		{"app", station{refuse: "connect"}, ingest.ErrCredentials, "Connect.Rejected"},
		{"not found", station{refuse: "NetStream.Play.StreamNotFound"}, ingest.ErrNoStream, ""},
		{"failed", station{refuse: "NetStream.Play.Failed"}, ingest.ErrCredentials, ""},
		{"other", station{refuse: "NetStream.Other"}, nil, "NetStream.Other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ended, _ := fetch(t, &Client{Address: tt.station.start(t)}, ingesttest.NewGate())
			err := <-ended
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "s3cret?") {
				t.Errorf("%v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
	t.Run("half-open", func(t *testing.T) {
		s := &station{mute: true}
		ended, stop := fetch(t, &Client{Address: s.start(t)}, ingesttest.NewGate())
		stop()
		if err := <-ended; err == nil {
			t.Error("no reason")
		}
	})
}

// No answer of a server makes the client panic.
func FuzzAnswers(f *testing.F) {
	for _, code := range []string{"NetStream.Play.Start", "NetStream.Play.StreamNotFound", "NetStream.Play.Failed"} {
		body, err := (amf0.Data{"onStatus", 0.0, nil, amf0.Object{{Key: "level", Value: "error"}, {Key: "code", Value: code}}}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bits.ReverseBytes32(1), body)
	}
	result, err := (amf0.Data{"_result", 2.0, nil, 7.0}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), result)
	f.Fuzz(func(t *testing.T, streamID uint32, body []byte) {
		out := &discardWriter{}
		p := &player{client: &Client{Stream: "s3cret"}, connection: connection{chunks: newChunkReader(nil), writer: message.NewWriter(out, bytecounter.NewWriter(out), false)}}
		if err := p.answer(streamID, body); err != nil && len(err.Error()) > 4*maxDescription+200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

type discardWriter struct{}

func (*discardWriter) Write(b []byte) (int, error) { return len(b), nil }
