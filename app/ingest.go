package app

import (
	"crypto/tls"
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/pull"
	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/ingest/rtsp"
	"github.com/globalfandom/lightstick/ingest/srt"
	"github.com/globalfandom/lightstick/internal/bind"
)

// listenIngest opens the ports that publishers connect to.
func (s *Server) listenIngest() error {
	if err := s.listenRTMP(); err != nil {
		return err
	}
	if cfg := s.cfg.SRT; cfg.Listen != "" {
		cfg.Attempt = ingest.PassphraseAttempt(s.access.attempts)
		server, err := srt.Listen(cfg, s.gate(), s.log)
		if err != nil {
			return inUse("srt.listen", err)
		}
		s.ingest = append(s.ingest, server)
		s.metrics.MustRegister(server)
	}
	if err := s.listenRTSP(); err != nil {
		return err
	}
	if err := s.listenWebRTC(); err != nil {
		return err
	}
	pulls, err := pull.New(s.cfg.Pull.Addresses(), s.manager, s.log)
	if err != nil {
		return err
	}
	s.pulls = pulls
	if len(pulls.Streams()) > 0 {
		s.ingest = append(s.ingest, pulls)
	}
	return nil
}

// listenRTMP opens rtmp.listen and rtmp.tls_listen.
func (s *Server) listenRTMP() error {
	for _, port := range []struct {
		key, address string
		tls          *tls.Config
	}{{"rtmp.listen", s.cfg.RTMP.Listen, nil}, {"rtmp.tls_listen", s.cfg.RTMP.TLSListen, s.certs.TLS()}} {
		if port.address == "" {
			continue
		}
		server, err := rtmp.Listen(rtmp.Config{Listen: port.address, TLS: port.tls}, s.gate(), s.log)
		if err != nil {
			return inUse(port.key, err)
		}
		if port.key == "rtmp.listen" {
			s.rtmp = server
		}
		s.ingest = append(s.ingest, server)
	}
	return nil
}

// listenRTSP opens rtsp.listen, with RTP over UDP, and rtsp.tls_listen.
func (s *Server) listenRTSP() error {
	if address := s.cfg.RTSP.Listen; address != "" {
		server, err := rtsp.Listen(rtsp.Config{Listen: address, UDPPort: s.cfg.RTSP.UDPPort}, s.gate(), s.log)
		if err != nil {
			return fmt.Errorf("rtsp.listen, rtsp.udp_port: %w; choose others with --set rtsp.listen=HOST:PORT (empty: off) --set rtsp.udp_port=PORT", bind.Explain(err))
		}
		s.ingest = append(s.ingest, server)
	}
	if address := s.cfg.RTSP.TLSListen; address != "" {
		server, err := rtsp.Listen(rtsp.Config{Listen: address, TLS: s.certs.TLS()}, s.gate(), s.log)
		if err != nil {
			return inUse("rtsp.tls_listen", err)
		}
		s.ingest = append(s.ingest, server)
	}
	return nil
}

// gate decides who may publish. Where any key may, there is nothing to guess.
func (s *Server) gate() ingest.Gate {
	if s.cfg.Publish.Open {
		return s.manager
	}
	return ingest.SlowGate{Gate: s.manager, Attempts: s.access.attempts}
}
