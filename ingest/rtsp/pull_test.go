package rtsp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/media"
)

// camera is an RTSP server that shows a picture of small key frames to whoever plays it.
type camera struct {
	address string
	server  *gortsplib.Server

	mu     sync.Mutex
	stream *gortsplib.ServerStream // set when the server runs already
	stop   chan struct{}
	done   chan struct{}
}

func (c *camera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// film starts a camera at an address; its port may be 0.
func film(t *testing.T, address string) *camera {
	t.Helper()
	h264 := &format.H264{
		PayloadTyp: 96, PacketizationMode: 1,
		SPS: []byte{
			0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
			0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
		},
		PPS: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0},
	}
	desc := &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{h264}}}}
	c := &camera{stop: make(chan struct{}), done: make(chan struct{})}
	c.server = &gortsplib.Server{Handler: c, RTSPAddress: address, Listen: func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err == nil {
			c.address = l.Addr().String()
		}
		return l, err
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.server.Start(); err != nil {
		t.Fatal(err)
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: desc}
	if err := c.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	encoder, err := h264.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for at := uint32(0); ; at += 3000 {
			select {
			case <-c.stop:
				return
			case <-tick.C:
			}
			packets, err := encoder.Encode([][]byte{{0x65, 0x88, 0x84, 0x00, 0x33}})
			if err != nil {
				t.Error(err)
				return
			}
			for _, p := range packets {
				p.Timestamp += at
				_ = c.stream.WritePacketRTP(desc.Medias[0], p)
			}
		}
	}()
	return c
}

func (c *camera) close() {
	close(c.stop)
	<-c.done
	c.stream.Close()
	c.server.Close()
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

// A camera that goes away and comes back is published again, and not asked for any more
// when the server stops.
func TestPullComesBack(t *testing.T) {
	gate := ingesttest.NewGate()
	shows := func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= 10 }
	cam := film(t, "127.0.0.1:0")
	address := cam.address
	var log logtest.Buffer
	p := &Puller{
		Stream: "cam", URL: "rtsp://user:secret@" + address + "/stage?token=secret", Gate: gate,
		Log: slog.New(slog.NewTextHandler(&log, nil)), retry: time.Millisecond,
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()

	eventually(t, "the camera is published", shows)
	if r := gate.Live().Request; r.Trusted != "cam" || strings.Contains(r.Remote, "secret") {
		t.Errorf("published as %+v", r)
	}
	cam.close()
	if first := <-gate.Ended; first.Reason == nil || errors.Is(first.Reason, ingest.ErrShuttingDown) {
		t.Errorf("the lost camera's publication ended with %v", first.Reason)
	}
	eventually(t, "it is tried again", func() bool { return strings.Count(log.String(), "trying again") >= 3 })
	cam = film(t, address)
	defer cam.close()
	eventually(t, "the camera is published again", shows)

	// The stream's owner deletes it, or another publisher takes its place.
	gate.Live().Request.Kick(ingest.ErrSuperseded)
	if kicked := <-gate.Ended; !errors.Is(kicked.Reason, ingest.ErrSuperseded) {
		t.Errorf("after a kick the publication ended with %v", kicked.Reason)
	}
	eventually(t, "the camera is published after a kick", shows)

	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if last := <-gate.Ended; !errors.Is(last.Reason, ingest.ErrShuttingDown) {
		t.Errorf("at the server's end the publication ended with %v", last.Reason)
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log has the password:\n%s", log.String())
	}
}

// What can't be pulled is said, and tried again.
func TestPullRefusals(t *testing.T) {
	tests := []struct {
		name, url string
		refuse    error
		want      string
	}{
		{"no address", "rtsp://%zz", nil, "address can't be parsed"},
		{"busy", "", ingest.ErrBusy, ingest.ErrBusy.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cam := film(t, "127.0.0.1:0")
			defer cam.close()
			gate := ingesttest.NewGate()
			gate.Refuse = tt.refuse
			var log logtest.Buffer
			p := &Puller{
				Stream: "cam", URL: "rtsp://" + cam.address + "/stage", Gate: gate,
				Log: slog.New(slog.NewTextHandler(&log, nil)), retry: time.Millisecond,
			}
			if tt.url != "" {
				p.URL = tt.url
			}
			ctx, cancel := context.WithCancel(t.Context())
			ran := make(chan error, 1)
			go func() { ran <- p.Run(ctx) }()
			eventually(t, "the reason is logged twice", func() bool { return strings.Count(log.String(), tt.want) >= 2 })
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		})
	}
}
