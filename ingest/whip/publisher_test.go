package whip

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for what must happen.
const patience = 30 * time.Second

// host is a server with its HTTP side.
type host struct {
	*Server
	t    *testing.T
	gate *ingesttest.Gate
	url  string
	log  *logtest.Buffer
	stop func()
}

// newHost starts one, and lets the test run beside others: most of the time it waits.
func newHost(t *testing.T, cfg Config) *host {
	t.Helper()
	t.Parallel()
	h := &host{t: t, gate: ingesttest.NewGate(), log: &logtest.Buffer{}}
	cfg.Listen = "127.0.0.1:0"
	server, err := Listen(cfg, h.gate, slog.New(slog.NewTextHandler(h.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server.Register(mux)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	h.Server, h.url = server, web.URL
	h.stop = ingesttest.Start(t, server.Run)
	return h
}

// request sends a request; fields are name, value, name, value, …
func (h *host) request(method, path, body string, fields ...string) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response, string(text)
}

// offer sends an offer with a key.
func (h *host) offer(sdp, key string) (*http.Response, string) {
	h.t.Helper()
	return h.request("POST", "/whip", sdp, "Content-Type", "application/sdp", "Authorization", "Bearer "+key)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// publisher is a client of the protocol.
type publisher struct {
	t              *testing.T
	host           *host
	pc             *webrtc.PeerConnection
	video, audio   *webrtc.TrackLocalStaticRTP
	videoSSRC      uint32
	audioSSRC      uint32
	session, etag  string
	number         [2]uint16
	connected      chan struct{}
	keyRequests    chan struct{}
	arrivalReports chan struct{} // of transport-wide congestion control
}

// options of a publisher.
type options struct {
	codec    string // "": H.264
	tcp      bool
	drop     func(p *rtp.Header) bool // of the first transmission of packets
	noAudio  bool
	noStart  bool // only make the offer
	settings func(*webrtc.SettingEngine)
}

func publish(t *testing.T, h *host, o options) *publisher {
	t.Helper()
	p := &publisher{t: t, host: h, connected: make(chan struct{}), keyRequests: make(chan struct{}, 1000), arrivalReports: make(chan struct{}, 1)}
	p.connect(o)
	if o.noStart {
		return p
	}
	offer := p.createOffer(nil)
	response, answer := h.offer(offer, ingesttest.Key)
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("status %s: %s", response.Status, answer)
	}
	p.session, p.etag = response.Header.Get("Location"), response.Header.Get("ETag")
	p.accept(answer)
	return p
}

// connect makes the peer connection.
func (p *publisher) connect(o options) {
	p.t.Helper()
	if o.codec == "" {
		o.codec = webrtc.MimeTypeH264
	}
	settings := webrtc.SettingEngine{LoggerFactory: quiet}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if o.tcp {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	if o.settings != nil {
		o.settings(&settings)
	}
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		p.t.Fatal(err)
	}
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(engine, registry); err != nil {
		p.t.Fatal(err)
	}
	again, err := nack.NewResponderInterceptor()
	if err != nil {
		p.t.Fatal(err)
	}
	registry.Add(&network{drop: o.drop})
	registry.Add(again)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry))
	if p.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.pc.GracefulClose() })
	var once sync.Once
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(p.connected) })
		}
	})
	p.video = p.track(o.codec, &p.videoSSRC)
	if !o.noAudio {
		p.audio = p.track(webrtc.MimeTypeOpus, &p.audioSSRC)
	}
}

func (p *publisher) track(mime string, ssrc *uint32) *webrtc.TrackLocalStaticRTP {
	p.t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, mime, "stream")
	if err != nil {
		p.t.Fatal(err)
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		p.t.Fatal(err)
	}
	*ssrc = uint32(sender.GetParameters().Encodings[0].SSRC)
	go func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			for _, packet := range packets {
				switch packet.(type) {
				case *rtcp.PictureLossIndication:
					note(p.keyRequests)
				case *rtcp.TransportLayerCC:
					note(p.arrivalReports)
				}
			}
		}
	}()
	return track
}

func note(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// createOffer makes an offer with all candidates.
func (p *publisher) createOffer(o *webrtc.OfferOptions) string {
	p.t.Helper()
	offer, err := p.pc.CreateOffer(o)
	if err != nil {
		p.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	<-gathered
	return p.pc.LocalDescription().SDP
}

func (p *publisher) accept(answer string) {
	p.t.Helper()
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits until media can be sent.
func (p *publisher) wait() {
	p.t.Helper()
	select {
	case <-p.connected:
	case <-time.After(patience):
		p.t.Fatal("not connected")
	}
}

// picture sends a picture of H.264, each NAL unit in a packet.
func (p *publisher) picture(timestamp uint32, key bool) {
	p.t.Helper()
	units := [][]byte{append([]byte{0x41, 0x9a}, make([]byte, 40)...)}
	if key {
		units = [][]byte{bitstreamtest.SPS(0, 40, 23), bitstreamtest.PPS(0, 0, 0), append([]byte{0x65, 0x88}, make([]byte, 80)...)}
	}
	for i, unit := range units {
		p.packet(media.Video, timestamp, i == len(units)-1, unit)
	}
}

// sound sends 20 ms of it.
func (p *publisher) sound(timestamp uint32) {
	p.packet(media.Audio, timestamp, false, []byte{0xfc, 1, 2, 3, 4})
}

func (p *publisher) packet(kind media.Kind, timestamp uint32, marker bool, payload []byte) {
	p.t.Helper()
	p.number[kind]++
	track := p.video
	if kind == media.Audio {
		track = p.audio
	}
	packet := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: marker, SequenceNumber: p.number[kind], Timestamp: timestamp}, Payload: payload}
	if err := track.WriteRTP(packet); err != nil {
		p.t.Fatal(err)
	}
}

// report sends a sender report: the timestamp of a moment.
func (p *publisher) report(ssrc uint32, at time.Time, timestamp uint32) {
	p.t.Helper()
	fraction := uint64(at.Nanosecond()) << 32 / uint64(time.Second)
	ntp := uint64(at.Unix()+ntpEpoch)<<32 | fraction
	if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: timestamp}}); err != nil {
		p.t.Fatal(err)
	}
}

// publication is what arrives, once something does.
func (p *publisher) publication() *ingesttest.Publication {
	p.t.Helper()
	live := p.host.gate.Live()
	if live == nil {
		p.t.Fatal("nobody publishes")
	}
	return live
}

// keepSending sends picture and sound in real time until so is true.
func (p *publisher) keepSending(what string, so func() bool) {
	p.t.Helper()
	begun := time.Now()
	for i := 0; !so(); i++ {
		if time.Since(begun) > patience {
			p.t.Fatalf("never: %s", what)
		}
		p.picture(uint32(i*900), i%50 == 0)
		if p.audio != nil {
			p.sound(uint32(i * 960))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// network loses packets that are sent the first time.
type network struct {
	interceptor.NoOp
	drop func(*rtp.Header) bool
}

func (n *network) NewInterceptor(string) (interceptor.Interceptor, error) { return n, nil }

func (n *network) BindLocalStream(_ *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	if n.drop == nil {
		return writer
	}
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if n.drop(h) {
			return len(payload), nil
		}
		return writer.Write(h, payload, a)
	})
}
