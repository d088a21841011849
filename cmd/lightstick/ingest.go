package main

import (
	"fmt"

	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/ingest/rtsp"
	"github.com/globalfandom/lightstick/ingest/srt"
	"github.com/globalfandom/lightstick/media"
)

// listenIngest opens the ports that publishers connect to.
func (s *server) listenIngest() error {
	certificate, err := loadCertificate(s.cfg)
	if err != nil {
		return err
	}
	if address := s.cfg.RTMP.Listen; address != "" {
		server, err := rtmp.Listen(rtmp.Config{Listen: address}, s.manager, s.log)
		if err != nil {
			return inUse("rtmp.listen", err)
		}
		s.ingest = append(s.ingest, server)
	}
	if address := s.cfg.RTMP.TLSListen; address != "" && certificate != nil {
		server, err := rtmp.Listen(rtmp.Config{Listen: address, TLS: certificate}, s.manager, s.log)
		if err != nil {
			return inUse("rtmp.tls_listen", err)
		}
		s.ingest = append(s.ingest, server)
	}
	if address := s.cfg.SRT.Listen; address != "" {
		server, err := srt.Listen(srt.Config{
			Listen: address, Passphrase: string(s.cfg.SRT.Passphrase), Latency: s.cfg.SRT.Latency,
		}, s.manager, s.log)
		if err != nil {
			return inUse("srt.listen", err)
		}
		s.ingest = append(s.ingest, server)
		s.metrics.MustRegister(server)
	}
	if address := s.cfg.RTSP.Listen; address != "" {
		server, err := rtsp.Listen(rtsp.Config{Listen: address, UDPPort: s.cfg.RTSP.UDPPort}, s.manager, s.log)
		if err != nil {
			return fmt.Errorf("rtsp.listen, rtsp.udp_port: %w; change them with --set rtsp.listen=HOST:PORT (empty: off) --set rtsp.udp_port=PORT", err)
		}
		s.ingest = append(s.ingest, server)
	}
	for name, address := range s.cfg.RTSP.Pull {
		s.ingest = append(s.ingest, &rtsp.Puller{
			Stream: media.StreamID(name), URL: string(address), Gate: s.manager, Log: s.log,
		})
	}
	return nil
}
