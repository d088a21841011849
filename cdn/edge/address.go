package edge

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// address is HOST:PORT, checked: the host is a name or an IP address.
type address struct {
	Host string // without brackets; "": all addresses
	Port string
	TLS  bool
}

// String is HOST:PORT with brackets where they belong.
func (a address) String() string { return net.JoinHostPort(a.Host, a.Port) }

// IsName reports whether the host has to be looked up.
func (a address) IsName() bool {
	_, err := netip.ParseAddr(a.Host)
	return err != nil
}

// everywhere reports whether the host stands for all addresses.
func (a address) everywhere() bool {
	ip, err := netip.ParseAddr(a.Host)
	return a.Host == "" || err == nil && ip.IsUnspecified()
}

// hostRule is a name as DNS has it; underscores occur in container networks.
var hostRule = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,62}\.?)*$`)

func parseAddress(text string, anyHost bool) (address, error) {
	if text == "" {
		return address{}, fmt.Errorf("missing: give HOST:PORT, as 127.0.0.1:8080")
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return address{}, fmt.Errorf("%.100q is not HOST:PORT: write it as 127.0.0.1:8080, name:8080 or [::1]:8080", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
		return address{}, fmt.Errorf("%.100q: the port is a number from 1 to 65535", text)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.Zone() != "":
		return address{}, fmt.Errorf("%.100q: addresses with a zone are not understood; use a name", text)
	case err == nil, host == "" && anyHost:
	case host == "":
		return address{}, fmt.Errorf("%.100q: the host is missing; write it as 127.0.0.1:8080", text)
	case len(host) > 253 || !hostRule.MatchString(host):
		return address{}, fmt.Errorf("%.100q: the host is neither a name nor an IP address", text)
	}
	return address{Host: host, Port: port}, nil
}

// parseOrigin reads HOST:PORT, http://HOST[:PORT] or https://HOST[:PORT].
func parseOrigin(text string) (address, error) {
	rest, secure := strings.CutPrefix(text, "https://")
	plain := false
	if !secure {
		rest, plain = strings.CutPrefix(text, "http://")
	}
	rest = strings.TrimSuffix(rest, "/")
	if secure || plain {
		if _, _, err := net.SplitHostPort(rest); err != nil {
			port := "80"
			if secure {
				port = "443"
			}
			rest = net.JoinHostPort(strings.Trim(rest, "[]"), port)
		}
	}
	a, err := parseAddress(rest, false)
	a.TLS = secure
	return a, err
}

// Everywhere is HOST:PORT, or :PORT for all addresses.
func (a address) Everywhere() string {
	if a.Host == "" {
		return ":" + a.Port
	}
	return a.String()
}
