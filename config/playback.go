package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/internal/redis"
)

var keyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// PlaybackKeys are playback.keys, by name. The errors never show a key.
func (c *Config) PlaybackKeys() ([]token.Key, error) {
	var keys []token.Key
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Playback.Keys)) {
		if !keyName.MatchString(name) {
			errs = append(errs, fmt.Errorf("playback.keys: %q is not a name; use 1 to 64 letters, digits, '.', '_' and '-'", name))
			continue
		}
		key, err := token.ParseKey(name, string(c.Playback.Keys[name]))
		if err != nil {
			errs = append(errs, fmt.Errorf("playback.keys %s: %w", name, err))
			continue
		}
		keys = append(keys, key)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return keys, nil
}

func (c *Config) validatePlayback() error {
	errs := []error{oneOf("playback.auth", c.Playback.Auth, "off", "token", "edge")}
	keys, err := c.PlaybackKeys()
	errs = append(errs, err)
	if name := c.Playback.SigningKey; name != "" && err == nil {
		i := slices.IndexFunc(keys, func(k token.Key) bool { return k.ID() == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("playback.signing_key: %q is none of playback.keys", name))
		} else if !keys[i].CanSign() {
			errs = append(errs, fmt.Errorf("playback.signing_key: %q can only verify; give its private key", name))
		}
	}
	country := strings.ToLower(c.Playback.CountryHeader)
	if country != "" && (!headerName.MatchString(country) || slices.Contains(reservedHeaders, country) || strings.EqualFold(country, c.CDN.SecretHeader)) {
		errs = append(errs, fmt.Errorf("playback.country_header: %.60q; use the CDN's own header for the viewer's country", c.Playback.CountryHeader))
	}
	if len(c.Secrets()) == 0 {
		if c.Playback.Auth == "edge" {
			errs = append(errs, errors.New("playback.auth: edge lets everybody in who reaches this server; set cdn.secret, which only the CDN knows"))
		}
		if c.Playback.CountryHeader != "" && c.HTTP.TrustedProxies == "" {
			errs = append(errs, errors.New("playback.country_header: is believed only of the CDN; set cdn.secret or http.trusted_proxies"))
		}
	}
	if u := string(c.Redis.URL); u != "" {
		if _, err := redis.Parse(u); err != nil {
			errs = append(errs, fmt.Errorf("redis.url: %w", err))
		}
	}
	return errors.Join(errs...)
}
