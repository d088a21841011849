package rtsp

import (
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are rtsp.* of the configuration.
type Settings struct {
	Listen    string `key:"rtsp.listen" default:":8554" help:"Address for RTSP publishers. Empty: off."`
	TLSListen string `key:"rtsp.tls_listen" default:"" help:"Address for RTSPS publishers, such as :8322, over TCP only; requires http.tls_cert or http.domain. Empty: off."`
	UDPPort   int    `key:"rtsp.udp_port" default:"8000" help:"Even port for RTP over UDP; RTCP uses the next one. 0: TCP only."`
}

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	errs := []error{setting.CheckAddress("rtsp.listen", s.Listen), setting.CheckAddress("rtsp.tls_listen", s.TLSListen)}
	if s.UDPPort < 0 || s.UDPPort > 65534 || s.UDPPort%2 != 0 {
		errs = append(errs, fmt.Errorf("rtsp.udp_port: %d can't be used; use an even port up to 65534, or 0", s.UDPPort))
	}
	return errors.Join(errs...)
}
