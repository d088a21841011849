package playbackauth

import (
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/httpserver"
)

// Settings are playback.* of the configuration.
type Settings struct {
	Auth          Mode                 `key:"playback.auth" words:"off token edge" default:"off" help:"off | token | edge: whether streams require a playback token unless they say otherwise. edge: the CDN checks tokens, and requests that come here are allowed."`
	Keys          token.ConfiguredKeys `key:"playback.keys" secret:"true" default:"" help:"Keys whose tokens are accepted besides those of this server: NAME=EdDSA:…, NAME=ES256:… or NAME=HS256:… pairs, separated by spaces, each with base64 or the path of a PEM file. NAME is the token's kid. Empty: none."`
	SigningKey    string               `key:"playback.signing_key" default:"" help:"Name of the key of playback.keys that signs tokens made here. Several origins need the same. Empty: this server's own key."`
	CountryHeader string               `key:"playback.country_header" default:"" help:"Header in which the CDN sends the viewer's country, such as CloudFront-Viewer-Country. Empty: tokens for certain countries are refused."`
}

// Mode says whether streams require a playback token.
type Mode string

// The modes. With Edge the CDN checks tokens.
const (
	Off   Mode = "off"
	Token Mode = "token"
	Edge  Mode = "edge"
)

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	var errs []error
	if key, known := s.Keys.Find(s.SigningKey); s.SigningKey != "" && !known {
		errs = append(errs, fmt.Errorf("playback.signing_key: %q is not one of playback.keys; use a name that is", s.SigningKey))
	} else if known && !key.CanSign() {
		errs = append(errs, fmt.Errorf("playback.signing_key: %q can only verify; put its private key into playback.keys", s.SigningKey))
	}
	if s.CountryHeader != "" && !httpserver.UsableHeader(s.CountryHeader) {
		errs = append(errs, fmt.Errorf("playback.country_header: %.60q can't be used; use the CDN's own header for the viewer's country", s.CountryHeader))
	}
	return errors.Join(errs...)
}
