package control

import "github.com/globalfandom/lightstick/internal/setting"

// Settings are api.* of the configuration.
type Settings struct {
	Token setting.Secret `key:"api.token" default:"" help:"Bearer token of the REST API, 16 to 256 characters. Empty: one is made and printed at the first start."`
}

// Validate reports a token that can be guessed.
func (s *Settings) Validate() error { return setting.CheckSecret("api.token", s.Token) }
