package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver/admin"
)

// Welcome prints where everything is, and the secrets if they were just made.
func (s *Server) Welcome(out io.Writer, key, token string) {
	at := Addresses(s.cfg)
	u := at.URLs(at.Local(), FirstStream)
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(out, "  %-12s %s\n", label, value)
		}
	}
	fmt.Fprintf(out, "\nLightstick %s\n\n", s.version)
	line("watch", u.Watch)
	line("dashboard", strings.TrimSuffix(u.Watch, control.WatchPath(FirstStream))+"/dashboard")
	line("OBS server", u.RTMP)
	line("RTMPS", u.RTMPS)
	if key != "" {
		line("stream key", key)
	}
	line("SRT", u.SRT)
	line("RTSP", u.RTSP)
	line("RTSPS", u.RTSPS)
	line("WHIP", u.WHIP)
	if address := s.admin.Addr(); address != "" {
		line("metrics", "http://"+address+admin.MetricsPath)
	}
	line("chat", chatNote(s.cfg))
	if token != "" {
		line("API token", token)
	}
	fmt.Fprintf(out, "\n")
}

// chatNote says who may write in the chat, and how others get in.
func chatNote(cfg *config.Config) string {
	signIn := "'lightstick chat account add NAME --role host' creates an account"
	if cfg.Chat.Tokens.TokenKey != "" || cfg.Chat.Tokens.JWKSURL != "" {
		signIn += ", your site signs others in"
	}
	switch cfg.Chat.Rooms.Guests {
	case "off":
		return "only signed-in users (chat.guests=off): " + signIn
	case "read":
		return "guests read, signed-in users write (chat.guests=read): " + signIn
	}
	return "everybody may write (chat.guests=write; set read or off to restrict guests): " + signIn
}

// keysNote says that secrets are not shown again.
func keysNote(out io.Writer, key, token string) {
	if key != "" || token != "" {
		fmt.Fprintf(out, "  Key and token are shown only once. 'lightstick key rotate %s' makes a new key.\n\n", FirstStream)
		return
	}
	fmt.Fprintf(out, "  Stream keys are shown only when they are made; 'lightstick key rotate STREAM' makes a new one.\n\n")
}
