package rtmp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/yapingcat/gomedia/go-codec"
	"github.com/yapingcat/gomedia/go-rtmp"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replay is a connection that plays back bytes and swallows answers.
type replay struct {
	io.Reader
	answers bytes.Buffer
}

func (r *replay) Write(b []byte) (int, error)      { return r.answers.Write(b) }
func (r *replay) Close() error                     { return nil }
func (r *replay) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (r *replay) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (r *replay) SetDeadline(time.Time) error      { return nil }
func (r *replay) SetReadDeadline(time.Time) error  { return nil }
func (r *replay) SetWriteDeadline(time.Time) error { return nil }

func capture(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/rtmp/obs29.bin")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func serveBytes(b []byte) (*ingesttest.Gate, *replay, error) {
	gate := ingesttest.NewGate()
	conn := &replay{Reader: bytes.NewReader(b)}
	c := &connection{gate: gate, conn: conn, idle: time.Second, remote: "test"}
	return gate, conn, c.run(context.Background())
}

func TestWhatOBSSends(t *testing.T) {
	gate, _, err := serveBytes(capture(t))
	if !errors.Is(err, io.ErrUnexpectedEOF) { // the capture ends inside a message
		t.Fatal(err)
	}
	p := <-gate.Ended
	video, audio := p.Samples[media.Video], p.Samples[media.Audio]
	if len(video) < 60 || len(audio) < 80 {
		t.Fatalf("%d pictures, %d audio units", len(video), len(audio))
	}
	if !video[0].KeyFrame || video[0].CompositionOffset <= 0 {
		t.Errorf("the first picture: key %v, offset %d", video[0].KeyFrame, video[0].CompositionOffset)
	}
	for i := 1; i < len(video); i++ {
		if step := (video[i].DTS - video[i-1].DTS).Duration(media.VideoTimescale); step < 30*time.Millisecond || step > 36*time.Millisecond {
			t.Errorf("picture %d comes %v after the one before", i, step)
		}
	}
	var codecs []media.Codec
	for _, track := range p.Tracks {
		codecs = append(codecs, track.Codec)
		if track.Codec == media.H264 && (track.Width != 640 || track.Height != 360) {
			t.Errorf("%dx%d", track.Width, track.Height)
		}
	}
	if !slices.Contains(codecs, media.H264) || !slices.Contains(codecs, media.AAC) {
		t.Errorf("tracks of %v", codecs)
	}
	if len(p.Repairs) > 0 {
		t.Errorf("repairs %v", p.Repairs)
	}
}

func TestMediaBeforePublishIsNotRead(t *testing.T) {
	b := capture(t)
	// A video message right after the handshake: C0, C1, C2, then chunk stream 4.
	const handshake = 1 + 2*1536
	chunk := []byte{0x04, 0, 0, 0, 0, 0, 5, byte(typeVideo), 1, 0, 0, 0, 0x17, 1, 0, 0, 0}
	gate, _, err := serveBytes(append(b[:handshake:handshake], chunk...))
	if !errors.Is(err, ErrChunk) || !strings.Contains(err.Error(), "before publish") {
		t.Error(err)
	}
	if len(gate.Ended) > 0 {
		t.Error("a publication was opened")
	}
}

func TestWrongKeyIsRefusedInWords(t *testing.T) {
	b := bytes.ReplaceAll(capture(t), []byte("\x02\x00\x03KEY"), []byte("\x02\x00\x03BAD"))
	_, conn, err := serveBytes(b)
	if !errors.Is(err, ingest.ErrUnauthorized) {
		t.Fatal(err)
	}
	for _, want := range []string{"NetStream.Publish.Denied", "unknown stream key"} {
		if !bytes.Contains(conn.answers.Bytes(), []byte(want)) {
			t.Errorf("the publisher isn't told %q", want)
		}
	}
}

// A publisher of nothing but a codec that can't be served is told so.
func TestUnsupportedPicturesAreRefusedInWords(t *testing.T) {
	b := capture(t)
	at := bytes.Index(b, []byte("@setDataFrame")) - 15 // after publish
	metadata, err := amf0.Data{"onMetaData", amf0.Object{{Key: "videocodecid", Value: 2.0}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b = append(b[:at:at], 0x04, 0, 0, 0, 0, 0, byte(len(metadata)), byte(typeDataAMF0), 1, 0, 0, 0)
	b = append(append(b, metadata...), 0x04, 0, 0, 0, 0, 0, 2, byte(typeVideo), 1, 0, 0, 0, 0x22, 0)
	gate, conn, err := serveBytes(b)
	if !errors.Is(err, ingest.ErrUnsupported) {
		t.Fatal(err)
	}
	for _, want := range []string{"NetStream.Publish.Start", "NetStream.Publish.Failed", "Sorenson"} {
		if !bytes.Contains(conn.answers.Bytes(), []byte(want)) {
			t.Errorf("the publisher isn't told %q", want)
		}
	}
	if p := <-gate.Ended; !errors.Is(p.Reason, ingest.ErrUnsupported) {
		t.Errorf("ended with %v", p.Reason)
	}
}

// Who doesn't publish may stay for a moment, however often they send a byte.
func TestPublishMustComeSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		c := &connection{gate: ingesttest.NewGate(), conn: ours, idle: time.Hour, remote: "test"}
		begun := time.Now()
		ended := make(chan error, 1)
		go func() {
			ended <- c.run(t.Context())
			_ = ours.Close()
		}()
		for _, b := range capture(t)[:1000] {
			if _, err := theirs.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if err := <-ended; err == nil || time.Since(begun) > setupTimeout+2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		_ = theirs.Close()
	})
}

func TestUnsupportedCodecsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		body []byte
		want string
	}{
		{[]byte{0x22, 0}, "Sorenson H.263"},
		{[]byte{0x90, 'v', 'p', '0', '9'}, "vp09"},
	} {
		if _, err := parseVideoTag(tt.body); !errors.Is(err, ingest.ErrUnsupported) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%x: %v", tt.body, err)
		}
	}
	if _, err := parseAudioTag([]byte{0xb2, 0}); !errors.Is(err, ingest.ErrUnsupported) || !strings.Contains(err.Error(), "Speex") {
		t.Error(err)
	}
}

// publish connects gomedia's client to the server, and returns its last status.
func publish(t *testing.T, address, key string, send func(*rtmp.RtmpClient)) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := rtmp.NewRtmpClient(rtmp.WithComplexHandshake(), rtmp.WithEnablePublish())
	status := ""
	started := false
	client.OnStatus(func(code, _, _ string) { status = code })
	client.OnStateChange(func(state rtmp.RtmpState) { started = started || state == rtmp.STATE_RTMP_PUBLISH_START })
	client.SetOutput(func(b []byte) error {
		_, err := conn.Write(b)
		return err
	})
	client.Start("rtmp://" + address + "/live/" + key)
	buf := make([]byte, 4096)
	for !started {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := conn.Read(buf)
		if err != nil {
			return status
		}
		if err := client.Input(buf[:n]); err != nil {
			return status
		}
	}
	send(client)
	return status
}

// A server that stops puts publishers off the air at once, and says why.
func TestShutdownEndsPublications(t *testing.T) {
	gate := ingesttest.NewGate()
	s, err := Listen(Config{Listen: "127.0.0.1:0"}, gate, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	publish(t, s.Addr().String(), ingesttest.Key, func(*rtmp.RtmpClient) {
		cancel()
		if p := <-gate.Ended; !errors.Is(p.Reason, ingest.ErrShuttingDown) {
			t.Errorf("ended with %v", p.Reason)
		}
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// annexB is a keyframe of 640x360 with its parameter sets, and some slice data.
func annexB(key bool) []byte {
	start := []byte{0, 0, 0, 1}
	if !key {
		return append(start, 0x41, 0x9a, 0x22, 0x11)
	}
	return bytes.Join([][]byte{nil, {
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}, {0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}, {0x65, 0x88, 0x84, 0x00, 0x33}}, start)
}

func startServer(t *testing.T, gate ingest.Gate) string { return startWith(t, gate, nil) }

func startWith(t *testing.T, gate ingest.Gate, certificate *tls.Config) string {
	t.Helper()
	s, err := Listen(Config{Listen: "127.0.0.1:0", TLS: certificate}, gate, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ingesttest.Start(t, s.Run)
	return s.Addr().String()
}

func TestPublishFromAnotherClient(t *testing.T) {
	gate := ingesttest.NewGate()
	address := startServer(t, gate)
	publish(t, address, ingesttest.Key, func(c *rtmp.RtmpClient) {
		for i := range uint32(50) {
			if err := c.WriteFrame(codec.CODECID_VIDEO_H264, annexB(i%25 == 0), i*40, i*40); err != nil {
				t.Error(err)
			}
		}
	})
	p := <-gate.Ended
	if n := len(p.Samples[media.Video]); n != 50 {
		t.Errorf("%d pictures arrived (%v)", n, p.Reason)
	}
}

func TestSecondPublisherIsRefused(t *testing.T) {
	gate := ingesttest.NewGate()
	address := startServer(t, gate)
	publish(t, address, ingesttest.Key, func(*rtmp.RtmpClient) {
		if status := publish(t, address, ingesttest.Key, func(*rtmp.RtmpClient) { t.Error("was let in") }); status != "NetStream.Publish.BadName" {
			t.Errorf("status %q", status)
		}
	})
}

func TestRTMPS(t *testing.T) {
	authority := httptest.NewUnstartedServer(nil)
	authority.StartTLS()
	defer authority.Close()
	gate := ingesttest.NewGate()
	address := startWith(t, gate, &tls.Config{Certificates: authority.TLS.Certificates})
	trust := authority.Client().Transport.(*http.Transport).TLSClientConfig
	conn, err := tls.Dial("tcp", address, trust)
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		_, _ = io.Copy(io.Discard, conn)
	}()
	if _, err := conn.Write(capture(t)); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	p := <-gate.Ended
	_ = conn.Close()
	<-answers
	if p.Count(media.Video) < 60 {
		t.Errorf("%d pictures arrived (%v)", p.Count(media.Video), p.Reason)
	}
}
