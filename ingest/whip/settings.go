package whip

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are webrtc.* of the configuration.
type Settings struct {
	Listen     string           `key:"webrtc.listen" default:":8189" help:"Address for media of WebRTC publishers: UDP, and TCP where UDP is kept out. They come by POST /whip on http.listen. Empty: off."`
	Hosts      []string         `key:"webrtc.hosts" list:" " default:"" help:"IP addresses that publishers reach webrtc.listen at, announced beside the machine's own: behind a NAT, or in a container; separated by spaces. Empty: none."`
	ICEServers []setting.Secret `key:"webrtc.ice_servers" list:" " default:"" help:"TURN and STUN servers that publishers are told of, once their key was right: turn:USER:PASSWORD@HOST:PORT?transport=udp or stun:HOST:PORT, separated by spaces. Empty: none."`
}

// maxListed bounds the lists: each item makes the answers to publishers longer.
const maxListed = 16

// Validate reports every fault at once. It quotes no server, which has a password.
func (s *Settings) Validate() error {
	_, hosts := s.Addresses()
	_, servers := s.Servers()
	return errors.Join(setting.CheckAddress("webrtc.listen", s.Listen), hosts, servers)
}

// Addresses are those of webrtc.hosts.
func (s *Settings) Addresses() (hosts []netip.Addr, err error) {
	for _, text := range s.Hosts {
		host, err := netip.ParseAddr(text)
		if err != nil || host.Zone() != "" || host.IsUnspecified() {
			return nil, fmt.Errorf("webrtc.hosts: %.60q is not an address; use one such as 203.0.113.7 or 2001:db8::7", text)
		}
		hosts = append(hosts, host.Unmap())
	}
	if len(hosts) > maxListed {
		return nil, fmt.Errorf("webrtc.hosts: %d addresses; use at most %d", len(hosts), maxListed)
	}
	return hosts, nil
}

// Servers are those of webrtc.ice_servers.
func (s *Settings) Servers() (servers []ICEServer, err error) {
	for i, text := range s.ICEServers {
		server, err := ParseICEServer(string(text))
		if err != nil {
			return nil, fmt.Errorf("webrtc.ice_servers: item %d: %w", i+1, err)
		}
		servers = append(servers, server)
	}
	if len(servers) > maxListed {
		return nil, fmt.Errorf("webrtc.ice_servers: %d servers; use at most %d", len(servers), maxListed)
	}
	return servers, nil
}
