package admin

import "github.com/globalfandom/lightstick/internal/setting"

// Settings are admin.* of the configuration.
type Settings struct {
	Listen string `key:"admin.listen" default:"127.0.0.1:9090" help:"Address for metrics (/metrics) and profiles (/debug/pprof/), without a password. Empty: metrics are on http.listen, where viewers can read them, and profiles are off."`
}

// Validate reports what is no address.
func (s *Settings) Validate() error { return setting.CheckAddress("admin.listen", s.Listen) }
