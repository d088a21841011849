package cmcd

import "github.com/globalfandom/lightstick/internal/setting"

// Settings are cmcd.* of the configuration.
type Settings struct {
	Enabled bool `key:"cmcd.enabled" default:"true" help:"Whether players' reports (CMCD) are accepted, at POST /cmcd and in media requests: true or false. The watch page sends them."`
	// Rate is how many POSTs a second an address may make, for long.
	Rate int `key:"cmcd.rate" default:"50" help:"Most reports (POST /cmcd) a second from one address. 0: no limit. Behind a CDN, set http.trusted_proxies, or few addresses send most reports."`
}

// Validate reports a negative rate.
func (s *Settings) Validate() error { return setting.CheckNotNegative("cmcd.rate", s.Rate) }
