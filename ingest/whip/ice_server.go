package whip

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ICEServer is a STUN or TURN server that publishers are told of (RFC 9725 §4.6).
type ICEServer struct {
	URL      string // RFC 7064, RFC 7065: turn:turn.example.com:3478?transport=udp
	Username string
	Password string
}

// errICEServer never quotes the address, which may hold a password.
var errICEServer = errors.New("not the address of an ICE server; use stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT?transport=udp")

// ParseICEServer reads an address as the configuration has it: that of RFC 7065, with user
// and password before the host. Both may be percent-encoded.
func ParseICEServer(text string) (ICEServer, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	turn := scheme == "turn" || scheme == "turns"
	if !turn && scheme != "stun" && scheme != "stuns" {
		return ICEServer{}, errICEServer
	}
	var s ICEServer
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, found := strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
		var wrong [2]error
		s.Username, wrong[0] = url.PathUnescape(user)
		s.Password, wrong[1] = url.PathUnescape(password)
		if !found || wrong[0] != nil || wrong[1] != nil {
			return ICEServer{}, errICEServer
		}
	}
	host, query, _ := strings.Cut(rest, "?")
	if turn != (s.Username != "") || !validHost(host) || query != "" && query != "transport=udp" && query != "transport=tcp" {
		return ICEServer{}, errICEServer
	}
	s.URL = scheme + ":" + rest
	return s, nil
}

// validHost reports whether text is HOST or HOST:PORT, without what ends a header field's
// value or a quoted string.
func validHost(text string) bool {
	host := text
	if h, _, err := net.SplitHostPort(text); err == nil {
		host = h
	}
	return host != "" && !strings.ContainsAny(text, "<>\"\\,; \t\r\n")
}

// link is the value of the Link field (RFC 9725 §4.6).
func (s ICEServer) link() string {
	value := fmt.Sprintf(`<%s>; rel="ice-server"`, s.URL)
	if s.Username != "" {
		value += fmt.Sprintf(`; username=%s; credential=%s; credential-type="password"`, quoted(s.Username), quoted(s.Password))
	}
	return value
}

// quoted is a quoted-string (RFC 9110 §5.6.4).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
