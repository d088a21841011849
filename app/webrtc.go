package app

import (
	"net"
	"net/http"
	"strconv"

	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/ingest/whip"
)

// listenWebRTC opens webrtc.listen. Offers come by HTTP, see Handler.
func (s *Server) listenWebRTC() error {
	if s.cfg.WebRTC.Listen == "" {
		return nil
	}
	hosts, err := s.cfg.WebRTC.Addresses()
	if err != nil {
		return err
	}
	servers, err := s.cfg.WebRTC.Servers()
	if err != nil {
		return err
	}
	s.whip, err = whip.Listen(whip.Config{
		Listen: s.cfg.WebRTC.Listen, Hosts: hosts, ICEServers: servers, KeyInterval: s.cfg.HLS.SegmentDuration, Client: publisherOf,
	}, s.gate(), s.log)
	if err != nil {
		return inUse("webrtc.listen", err)
	}
	s.ingest = append(s.ingest, s.whip)
	s.metrics.MustRegister(s.whip)
	return nil
}

// publisherOf is the address and port of whoever a request is made for; the port is the
// peer's.
func publisherOf(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.RemoteAddr)
	if _, number := strconv.ParseUint(port, 10, 16); err != nil || number != nil {
		port = "0"
	}
	return net.JoinHostPort(httpserver.ClientAddr(r).String(), port)
}
