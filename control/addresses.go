package app

import (
	"net"
	"net/url"
	"strings"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
)

// WatchPath is the path of a stream's page.
func WatchPath(stream string) string { return "/watch/" + url.PathEscape(stream) }

// publicBase is the public base URL, without a slash at its end: the configured one, or else
// how somebody reached us.
func publicBase(cfg *config.Config, reached string) string {
	base := cfg.HTTP.URL
	if base == "" && cfg.HTTP.Domain != "" {
		base = "https://" + cfg.HTTP.Domain
	}
	if base == "" {
		base = reached
	}
	return strings.TrimSuffix(base, "/")
}

// URLs are a stream's addresses for somebody who reached us under a base URL, unless
// the configuration names another.
func URLs(cfg *config.Config, reached string, id media.StreamID) control.URLs {
	base := publicBase(cfg, reached)
	_, host, _ := strings.Cut(reached, "://")
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if cfg.HTTP.Domain != "" {
		name = cfg.HTTP.Domain
	}
	u := control.URLs{
		Watch: base + WatchPath(string(id)),
		HLS:   base + "/live/" + url.PathEscape(string(id)) + "/index.m3u8",
	}
	if a := cfg.RTMP.Listen; a != "" {
		u.RTMP = "rtmp://" + withPort(name, a, "1935") + "/live"
	}
	if a := cfg.RTMP.TLSListen; a != "" {
		u.RTMPS = "rtmps://" + withPort(name, a, "443") + "/live"
	}
	if a := cfg.SRT.Listen; a != "" {
		u.SRT = "srt://" + withPort(name, a, "") + "?streamid=publish:STREAM_KEY"
	}
	if a := cfg.RTSP.Listen; a != "" {
		u.RTSP = "rtsp://" + withPort(name, a, "554") + "/live/STREAM_KEY"
	}
	if a := cfg.RTSP.TLSListen; a != "" {
		u.RTSPS = "rtsps://" + withPort(name, a, "322") + "/live/STREAM_KEY"
	}
	return u
}

// withPort joins a host and the port of a listening address, unless it is usual.
func withPort(host, listen, usual string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil || port == usual {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

// LocalBase is how somebody at this machine reaches the HTTP port.
func LocalBase(cfg *config.Config) string {
	if cfg.HTTP.TLSCert != "" {
		return "https://" + localHost(cfg)
	}
	return "http://" + localHost(cfg)
}

func localHost(cfg *config.Config) string {
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return "localhost"
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	if port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}
