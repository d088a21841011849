package token

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a token states. Only Subject and Expires must be there.
type Claims struct {
	// Subject says which streams: an ID, an ID's beginning and "*", or several of these
	// separated by spaces.
	Subject string `json:"sub"`
	// Recording restricts the token to one recording of the stream.
	Recording string           `json:"recording,omitempty"`
	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf,omitempty"`
	IssuedAt  *jwt.NumericDate `json:"iat,omitempty"`
	// IP is the only address, or network in CIDR notation, to watch from.
	IP string `json:"ip,omitempty"`
	// Country lists where one may watch: ISO 3166-1 alpha-2 codes.
	Country []string `json:"country,omitempty"`
	// Referrers lists the sites to watch on: host names, or "*.example.com" for all below.
	Referrers []string `json:"referrers,omitempty"`
	// Session names what was sold, a ticket say; Screens counts by it. Without one ID
	// does, and without that the token itself.
	Session string `json:"sid,omitempty"`
	// Screens is on how many players at once it may be watched; 0: no limit.
	Screens int    `json:"screens,omitempty"`
	ID      string `json:"jti,omitempty"`
	// Screen is set by the origin alone, in the token that it gives to one player.
	Screen string `json:"scr,omitempty"`
}

// Bounds of a token's parts: a URL has to hold it.
const (
	MaxSize      = 2048 // bytes of a token
	maxStreams   = 16
	maxCountries = 64
	maxReferrers = 16
	maxText      = 256 // bytes of each text
	maxScreens   = 1000
)

// ErrClaims reports claims that make no token; the error that wraps it says which.
var ErrClaims = errors.New("invalid token request")

func fault(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrClaims}, a...)...)
}

// validate reports everything that can't be, times apart.
func (c *Claims) validate() error {
	if c.Expires == nil {
		return fault("exp is missing")
	}
	if patterns := strings.Fields(c.Subject); len(patterns) == 0 || len(patterns) > maxStreams {
		return fault("sub: use 1 to %d streams, separated by spaces", maxStreams)
	}
	for _, text := range []string{c.Recording, c.Session, c.ID, c.Screen} {
		if len(text) > maxText {
			return fault("recording, sid, jti: use at most %d bytes", maxText)
		}
	}
	if c.Screens < 0 || c.Screens > maxScreens {
		return fault("screens: use 1 to %d, or 0 for no limit", maxScreens)
	}
	if len(c.Country) > maxCountries || slices.ContainsFunc(c.Country, notCountry) {
		return fault("country: use at most %d codes of two letters such as KR", maxCountries)
	}
	if len(c.Referrers) > maxReferrers || slices.ContainsFunc(c.Referrers, notHost) {
		return fault("referrers: use at most %d host names such as example.com or *.example.com", maxReferrers)
	}
	_, err := c.network()
	return err
}

// network is the claim ip; the zero value: none.
func (c *Claims) network() (netip.Prefix, error) {
	if c.IP == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(c.IP); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(c.IP)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fault("ip: use an address, or a network such as 203.0.113.0/24")
	}
	return p.Masked(), nil
}

func notCountry(code string) bool {
	return len(code) != 2 || strings.ContainsFunc(code, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func notHost(pattern string) bool {
	host := strings.TrimPrefix(pattern, "*.")
	return host == "" || len(host) > maxText || strings.ContainsAny(host, "/:*@ ")
}

// The methods of jwt.Claims.

// GetExpirationTime implements jwt.Claims, as do the others.
func (c *Claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }

// GetIssuedAt implements jwt.Claims. When a token was made decides nothing.
func (c *Claims) GetIssuedAt() (*jwt.NumericDate, error) { return nil, nil }

// GetNotBefore implements jwt.Claims.
func (c *Claims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore, nil }

// GetIssuer implements jwt.Claims. The key says who issued a token.
func (c *Claims) GetIssuer() (string, error) { return "", nil }

// GetSubject implements jwt.Claims.
func (c *Claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience implements jwt.Claims. Streams are the audience.
func (c *Claims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }

// Date is a time as claims have it.
func Date(t time.Time) *jwt.NumericDate { return jwt.NewNumericDate(t) }
