package identity

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are those of chat.* of the configuration that say which tokens of a site are accepted.
type Settings struct {
	TokenKey setting.Secret `key:"chat.token_key" default:"" help:"Key that your site signs chat tokens with (JWT, HS256), 32 bytes or more. Several servers need the same. Empty: only tokens of chat.jwks_url and of accounts on this server are accepted."`
	// MaxLife is for tokens of the site; 0: the default.
	MaxLife  time.Duration `key:"chat.token_max_life" default:"24h" help:"Longest time that a chat token of your site may be valid, 1m to 744h."`
	JWKSURL  string        `key:"chat.jwks_url" default:"" help:"URL of the public keys (JWKS) of your site's chat tokens (JWT with EdDSA, ES256 or RS256). Empty: none."`
	Issuer   string        `key:"chat.token_issuer" default:"" help:"Issuer (iss) that chat tokens of your site must have. Empty: any."`
	Audience string        `key:"chat.token_audience" default:"" help:"Audience (aud) that chat tokens of your site must have. Empty: any."`
}

// Validate reports every fault at once. It never quotes the key.
func (s *Settings) Validate() error {
	errs := []error{setting.CheckRange("chat.token_max_life", s.MaxLife, time.Minute, 31*24*time.Hour)}
	if n := len(s.TokenKey); n > 0 && n < minKey {
		errs = append(errs, fmt.Errorf("chat.token_key: has %d bytes; use %d or more", n, minKey))
	}
	if s.JWKSURL != "" {
		if err := CheckJWKSURL(s.JWKSURL); err != nil {
			errs = append(errs, fmt.Errorf("chat.jwks_url: %w", err))
		}
	}
	return errors.Join(errs...)
}
