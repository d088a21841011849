package profiling

import "github.com/globalfandom/lightstick/internal/setting"

// Settings are pyroscope.* of the configuration.
type Settings struct {
	URL setting.Secret `key:"pyroscope.url" default:"" help:"URL of a Pyroscope server that profiles are sent to. Empty: off."`
}

// Validate reports what is no URL.
func (s *Settings) Validate() error { return setting.CheckURL("pyroscope.url", string(s.URL)) }
