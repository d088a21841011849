package config

import "github.com/globalfandom/lightstick/internal/setting"

// Admin, Pyroscope and Log are settings of the process, of which package app makes use.

// Admin is admin.* of the configuration.
type Admin struct {
	Listen string `key:"admin.listen" default:"127.0.0.1:9090" help:"Address for metrics (/metrics) and profiles (/debug/pprof/), without a password. Empty: metrics are on http.listen, where viewers can read them, and profiles are off."`
}

// Validate reports what is no address.
func (a *Admin) Validate() error { return setting.CheckAddress("admin.listen", a.Listen) }

// Pyroscope is pyroscope.* of the configuration.
type Pyroscope struct {
	URL setting.Secret `key:"pyroscope.url" default:"" help:"URL of a Pyroscope server that profiles are sent to. Empty: off."`
}

// Validate reports what is no URL.
func (p *Pyroscope) Validate() error { return setting.CheckURL("pyroscope.url", string(p.URL)) }

// Log is log.* of the configuration.
type Log struct {
	Level  string `key:"log.level" words:"debug info warn error" default:"info" help:"debug | info | warn | error: the lowest level that is logged."`
	Format string `key:"log.format" words:"text json" default:"text" help:"text | json: how log lines are written."`
}
