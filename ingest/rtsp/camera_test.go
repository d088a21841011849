package rtsp

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// camera is an RTSP server that shows a picture of small key frames to whoever plays it.
type camera struct {
	address  string
	server   *gortsplib.Server
	password string // of admin; "": none
	redirect string // where DESCRIBE leads; "": nowhere
	format   format.Format
	silent   atomic.Bool // sends nothing
	lose     int64       // each so manieth packet is lost; 0: none
	udp      atomic.Bool // it was played by UDP

	mu     sync.Mutex
	stream *gortsplib.ServerStream // set when the server runs already
	stop   chan struct{}
	done   chan struct{}
}

func (c *camera) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.redirect != "" {
		return &base.Response{StatusCode: base.StatusFound, Header: base.Header{"Location": base.HeaderValue{c.redirect}}}, nil, nil
	}
	if c.password != "" && !ctx.Conn.VerifyCredentials(ctx.Request, "admin", c.password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	if ctx.Path != "/stage" {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c.udp.Store(*ctx.Session.SetuppedTransport() == gortsplib.TransportUDP)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// film starts a camera at an address; its port may be 0. set changes it before.
func film(t *testing.T, address string, set ...func(*camera)) *camera {
	t.Helper()
	c := &camera{stop: make(chan struct{}), done: make(chan struct{}), format: &format.H264{
		PayloadTyp: 96, PacketizationMode: 1,
		SPS: []byte{
			0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
			0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
		},
		PPS: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0},
	}}
	c.server = &gortsplib.Server{Handler: c, RTSPAddress: address, Listen: func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err == nil {
			c.address = l.Addr().String()
		}
		return l, err
	}}
	for _, s := range set {
		s(c)
	}
	desc := &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{c.format}}}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.server.Start(); err != nil {
		t.Fatal(err)
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: desc}
	if err := c.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	go c.send(t, desc.Medias[0])
	return c
}

// send sends a picture of three packets every 2 ms, with timestamps of 33 ms.
func (c *camera) send(t *testing.T, m *description.Media) {
	defer close(c.done)
	h264, ok := c.format.(*format.H264)
	if !ok {
		return
	}
	encoder, err := h264.CreateEncoder()
	if err != nil {
		t.Error(err)
		return
	}
	picture := append([]byte{0x65, 0x88, 0x84, 0x00, 0x33}, bytes.Repeat([]byte{0x55}, 3000)...)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	sent := int64(0)
	for at := uint32(0); ; at += 3000 {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		packets, err := encoder.Encode([][]byte{picture})
		if err != nil {
			t.Error(err)
			return
		}
		for _, p := range packets {
			p.Timestamp += at
			if sent++; !c.silent.Load() && (c.lose == 0 || sent%c.lose != 0) {
				_ = c.stream.WritePacketRTP(m, p)
			}
		}
	}
}

func (c *camera) close() {
	close(c.stop)
	<-c.done
	c.stream.Close()
	c.server.Close()
}

// withPassword has the camera ask for a password.
func withPassword(password string) func(*camera) {
	return func(c *camera) {
		c.password = password
		c.server.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodDigestMD5}
	}
}

// withTLS makes it RTSPS.
func withTLS(certificate tls.Certificate) func(*camera) {
	return func(c *camera) { c.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}} }
}

// withUDP lets it send by UDP, and loses each so manieth packet; 0: none.
func withUDP(lose int64) func(*camera) {
	return func(c *camera) {
		c.server.UDPRTPAddress, c.server.UDPRTCPAddress = evenPair()
		c.lose = lose
	}
}

// evenPair finds an even port of UDP that is free, with the next one.
func evenPair() (even, odd string) {
	for {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return "", ""
		}
		port := conn.LocalAddr().(*net.UDPAddr).Port &^ 1
		_ = conn.Close()
		pair := [2]string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", port+1)}
		free := true
		for _, address := range pair {
			probe, err := net.ListenPacket("udp", address)
			if free = free && err == nil; err == nil {
				_ = probe.Close()
			}
		}
		if free {
			return pair[0], pair[1]
		}
	}
}
