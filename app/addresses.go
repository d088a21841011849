package app

import (
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// Addresses are where a server with the configuration is reached.
func Addresses(cfg *config.Config) control.Addresses {
	return control.Addresses{
		URL: cfg.HTTP.URL, Domain: cfg.HTTP.Domain, HTTP: cfg.HTTP.Listen, TLS: cfg.HTTP.TLSCert != "",
		RTMP: cfg.RTMP.Listen, RTMPS: cfg.RTMP.TLSListen, SRT: cfg.SRT.Listen, RTSP: cfg.RTSP.Listen, RTSPS: cfg.RTSP.TLSListen,
		WebRTC: cfg.WebRTC.Listen,
	}
}
