package rtmp

import (
	"errors"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are rtmp.* of the configuration.
type Settings struct {
	Listen    string `key:"rtmp.listen" default:":1935" help:"Address for RTMP publishers. Empty: off."`
	TLSListen string `key:"rtmp.tls_listen" default:"" help:"Address for RTMPS publishers, such as :1936; requires http.tls_cert or http.domain. Empty: off."`
}

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	return errors.Join(setting.CheckAddress("rtmp.listen", s.Listen), setting.CheckAddress("rtmp.tls_listen", s.TLSListen))
}
