package config

// Log is log.* of the configuration, of which package app makes the log.
type Log struct {
	Level  string `key:"log.level" words:"debug info warn error" default:"info" help:"debug | info | warn | error: the lowest level that is logged."`
	Format string `key:"log.format" words:"text json" default:"text" help:"text | json: how log lines are written."`
}
