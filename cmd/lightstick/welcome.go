package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
)

func watchPath(stream string) string { return "/watch/" + url.PathEscape(stream) }

// base is the public base URL, without a slash at its end: the configured one, or else
// how somebody reached us.
func (s *server) base(reached string) string {
	base := s.cfg.HTTP.URL
	if base == "" && s.cfg.HTTP.Domain != "" {
		base = "https://" + s.cfg.HTTP.Domain
	}
	if base == "" {
		base = reached
	}
	return strings.TrimSuffix(base, "/")
}

// urls are a stream's addresses for somebody who reached us under a base URL, unless
// the configuration names another.
func (s *server) urls(reached string, id media.StreamID) control.URLs {
	base := s.base(reached)
	_, host, _ := strings.Cut(reached, "://")
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if s.cfg.HTTP.Domain != "" {
		name = s.cfg.HTTP.Domain
	}
	u := control.URLs{
		Watch: base + watchPath(string(id)),
		HLS:   base + "/live/" + url.PathEscape(string(id)) + "/index.m3u8",
	}
	if a := s.cfg.RTMP.Listen; a != "" {
		u.RTMP = "rtmp://" + withPort(name, a, "1935") + "/live"
	}
	if a := s.cfg.RTMP.TLSListen; a != "" {
		u.RTMPS = "rtmps://" + withPort(name, a, "443") + "/live"
	}
	if a := s.cfg.SRT.Listen; a != "" {
		u.SRT = "srt://" + withPort(name, a, "") + "?streamid=publish:STREAM_KEY"
	}
	if a := s.cfg.RTSP.Listen; a != "" {
		u.RTSP = "rtsp://" + withPort(name, a, "554") + "/live/STREAM_KEY"
	}
	if a := s.cfg.RTSP.TLSListen; a != "" {
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

// localBase is how somebody at this machine reaches the HTTP port.
func (s *server) localBase() string {
	if s.cfg.HTTP.TLSCert != "" {
		return "https://" + s.localHost()
	}
	return "http://" + s.localHost()
}

func (s *server) localHost() string {
	host, port, err := net.SplitHostPort(s.cfg.HTTP.Listen)
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

// welcome prints where everything is, and the secrets if they were just made.
func (s *server) welcome(out io.Writer, key, token string) {
	u := s.urls(s.localBase(), firstStream)
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(out, "  %-12s %s\n", label, value)
		}
	}
	fmt.Fprintf(out, "\nLightstick %s\n\n", version)
	line("watch", u.Watch)
	line("dashboard", strings.TrimSuffix(u.Watch, watchPath(firstStream))+"/dashboard")
	line("OBS server", u.RTMP)
	line("RTMPS", u.RTMPS)
	if key != "" {
		line("stream key", key)
	}
	line("SRT", u.SRT)
	line("RTSP", u.RTSP)
	line("RTSPS", u.RTSPS)
	if admin := s.admin.addr(); admin != "" {
		line("metrics", "http://"+admin+metricsPath)
	}
	line("chat", chatNote(s.cfg))
	if token != "" {
		line("API token", token)
	}
	fmt.Fprintf(out, "\n")
}

// chatNote says who may write in the chat, and how others get in.
func chatNote(cfg *config.Config) string {
	signIn := "`lightstick chat account add NAME --role host` makes an account"
	if cfg.Chat.TokenKey != "" || cfg.Chat.JWKSURL != "" {
		signIn += ", your site signs others in"
	}
	switch cfg.Chat.Guests {
	case "off":
		return "open to those who have signed in (chat.guests=off): " + signIn
	case "read":
		return "guests read, those who have signed in write (chat.guests=read): " + signIn
	}
	return "everybody may write (chat.guests=write; read or off closes it to guests): " + signIn
}

// keysNote says that secrets are not shown again.
func keysNote(out io.Writer, key, token string) {
	if key != "" || token != "" {
		fmt.Fprintf(out, "  Key and token are shown this once. `lightstick key rotate %s` makes a new key.\n\n", firstStream)
		return
	}
	fmt.Fprintf(out, "  Stream keys were shown when they were made; `lightstick key rotate STREAM` makes a new one.\n\n")
}
