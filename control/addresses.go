package control

import (
	"net"
	"net/url"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// Addresses are where a server is reached. Those of ports are HOST:PORT, or "" if they are off.
type Addresses struct {
	URL    string // http.url; "": how somebody reached us
	Domain string // http.domain
	HTTP   string
	TLS    bool // HTTP is HTTPS

	RTMP, RTMPS, SRT, RTSP, RTSPS, WebRTC string
}

// WatchPath is the path of a stream's page.
func WatchPath(stream string) string { return "/watch/" + url.PathEscape(stream) }

// Base is the public base URL, without a slash at its end: the configured one, or else
// how somebody reached us.
func (a Addresses) Base(reached string) string {
	base := a.URL
	if base == "" && a.Domain != "" {
		base = "https://" + a.Domain
	}
	if base == "" {
		base = reached
	}
	return strings.TrimSuffix(base, "/")
}

// URLs are a stream's addresses for somebody who reached us under a base URL, unless
// the configuration names another.
func (a Addresses) URLs(reached string, id media.StreamID) URLs {
	base := a.Base(reached)
	_, host, _ := strings.Cut(reached, "://")
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if a.Domain != "" {
		name = a.Domain
	}
	u := URLs{
		Watch: base + WatchPath(string(id)),
		HLS:   base + "/live/" + url.PathEscape(string(id)) + "/index.m3u8",
	}
	if a.RTMP != "" {
		u.RTMP = "rtmp://" + withPort(name, a.RTMP, "1935") + "/live"
	}
	if a.RTMPS != "" {
		u.RTMPS = "rtmps://" + withPort(name, a.RTMPS, "443") + "/live"
	}
	if a.SRT != "" {
		u.SRT = "srt://" + withPort(name, a.SRT, "") + "?streamid=publish:STREAM_KEY"
	}
	if a.RTSP != "" {
		u.RTSP = "rtsp://" + withPort(name, a.RTSP, "554") + "/live/STREAM_KEY"
	}
	if a.RTSPS != "" {
		u.RTSPS = "rtsps://" + withPort(name, a.RTSPS, "322") + "/live/STREAM_KEY"
	}
	if a.WebRTC != "" { // not by http.url, which may be a CDN's
		u.WHIP = strings.TrimSuffix(reached, "/") + "/whip"
		if a.Domain != "" {
			u.WHIP = "https://" + a.Domain + "/whip"
		}
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

// Local is the base URL by which somebody at this machine reaches the HTTP port.
func (a Addresses) Local() string {
	scheme := "http://"
	if a.TLS {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(a.HTTP)
	if err != nil {
		return scheme + "localhost"
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	if port == "80" {
		return scheme + host
	}
	return scheme + net.JoinHostPort(host, port)
}
