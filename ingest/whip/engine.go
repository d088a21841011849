package whip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// How losses are repaired, and the sender is told of them.
const (
	nackInterval = 20 * time.Millisecond // at which missing packets are asked for
	nackAttempts = 10                    // for one packet
	nackHistory  = 512                   // packets that are looked back on; a power of two
	twccInterval = 100 * time.Millisecond
)

// Limits of the port.
const (
	readQueue   = 64        // packets of a publisher by TCP that wait to be read
	writeBuffer = 256 << 10 // bytes that wait to be sent to them
	bindTimeout = 10 * time.Second
	keepAlive   = 2 * time.Second
)

// newCertificate makes the certificate of this process, whose fingerprint stands in answers.
func newCertificate() (webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	return *certificate, nil
}

// quiet keeps the library from printing: what it says of single packets is nobody's news.
var quiet = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}

// muxes share the port among sessions.
type muxes struct {
	udpMux ice.UDPMux
	tcpMux ice.TCPMux
}

func newMuxes(udp net.PacketConn, tcp net.Listener) muxes {
	return muxes{
		udpMux: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: udp, Logger: quiet.NewLogger("ice")}),
		tcpMux: ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener: tcp, Logger: quiet.NewLogger("ice"), ReadBufferSize: readQueue, WriteBufferSize: writeBuffer,
			FirstStunBindTimeout: bindTimeout, AliveDurationForConnFromStun: bindTimeout,
		}),
	}
}

// newConnection makes the peer connection for codecs of an offer.
func (s *Server) newConnection(codecs []offered) (*webrtc.PeerConnection, error) {
	settings, err := s.settings()
	if err != nil {
		return nil, err
	}
	engine := &webrtc.MediaEngine{}
	for _, c := range codecs {
		if err := engine.RegisterCodec(c.parameters(), c.kind); err != nil {
			return nil, err
		}
		for _, uri := range []string{sdp.SDESMidURI, sdp.TransportCCURI} {
			if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, c.kind); err != nil {
				return nil, err
			}
		}
	}
	interceptors, err := newInterceptors()
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(interceptors))
	return api.NewPeerConnection(webrtc.Configuration{
		Certificates: s.certs, BundlePolicy: webrtc.BundlePolicyMaxBundle, RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire,
	})
}

func (s *Server) settings() (webrtc.SettingEngine, error) {
	e := webrtc.SettingEngine{LoggerFactory: quiet}
	e.SetLite(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	e.SetICEUDPMux(s.port.udpMux)
	e.SetICETCPMux(s.port.tcpMux)
	e.DisableActiveTCP(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	// Disconnected first, then failed: together they are the timeout.
	e.SetICETimeouts(s.cfg.IdleTimeout/3, s.cfg.IdleTimeout-s.cfg.IdleTimeout/3, keepAlive)
	// The publisher's client begins the handshake as soon as it has the answer.
	if err := e.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return e, err
	}
	if where, ok := s.Addr().(*net.UDPAddr); ok && where.IP.IsLoopback() {
		e.SetIncludeLoopbackCandidate(true)
	}
	if len(s.cfg.Hosts) == 0 {
		return e, nil
	}
	rule := webrtc.ICEAddressRewriteRule{AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteAppend}
	for _, host := range s.cfg.Hosts {
		rule.External = append(rule.External, host.String())
	}
	return e, e.SetICEAddressRewriteRules(rule)
}

// newInterceptors ask for lost packets (RFC 4585 §6.2.1), and report what came (RFC 3550
// §6.4.2, transport-wide congestion control).
func newInterceptors() (*interceptor.Registry, error) {
	missing, err := nack.NewGeneratorInterceptor(
		nack.GeneratorInterval(nackInterval), nack.GeneratorMaxNacksPerPacket(nackAttempts), nack.GeneratorSize(nackHistory),
		nack.WithGeneratorLoggerFactory(quiet))
	if err != nil {
		return nil, err
	}
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(quiet))
	if err != nil {
		return nil, err
	}
	arrivals, err := twcc.NewSenderInterceptor(twcc.SendInterval(twccInterval))
	if err != nil {
		return nil, err
	}
	r := &interceptor.Registry{}
	for _, factory := range []interceptor.Factory{missing, reports, arrivals} {
		r.Add(factory)
	}
	return r, nil
}
