package config

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Networks that have a name in http.trusted_proxies.
var namedNetworks = map[string][]netip.Prefix{
	"loopback": {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	"private": { // RFC 1918 §3, RFC 4193 §3.1
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
	},
}

// maxProxies bounds http.trusted_proxies: each request of a proxy is compared with all.
// The large CDNs have less than 300.
const maxProxies = 2000

// TrustedProxies are the networks of http.trusted_proxies.
func (c *Config) TrustedProxies() ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for text := range strings.FieldsSeq(c.HTTP.TrustedProxies) {
		if named, ok := namedNetworks[text]; ok {
			prefixes = append(prefixes, named...)
			continue
		}
		prefix, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix)
	}
	if len(prefixes) > maxProxies {
		return nil, fmt.Errorf("http.trusted_proxies: %d networks; use at most %d", len(prefixes), maxProxies)
	}
	return prefixes, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if a, single := netip.ParseAddr(text); single == nil && a.Zone() == "" {
		prefix, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	if err != nil {
		return prefix, fmt.Errorf("http.trusted_proxies: %.60q is not a network; use 203.0.113.0/24, 2001:db8::/32, an address, private or loopback, with spaces between", text)
	}
	if a := prefix.Addr(); a.Is4In6() {
		prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
	}
	if prefix = prefix.Masked(); !prefix.IsValid() || prefix.Bits() == 0 {
		return prefix, fmt.Errorf("http.trusted_proxies: %q is everybody, and then everybody may claim any address; name the proxies", text)
	}
	return prefix, nil
}

// Secrets are those of cdn.secret: none, one, or two while it is changed.
func (c *Config) Secrets() []string { return strings.Fields(string(c.CDN.Secret)) }

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") // RFC 9110 §5.6.2
	loopID     = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)            // RFC 8586 §2, without what nobody uses
)

// reservedHeaders have a meaning already.
var reservedHeaders = []string{
	"accept", "accept-encoding", "authorization", "cache-control", "cdn-loop", "connection", "content-length", "content-type",
	"cookie", "date", "expect", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
	"origin", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-original-uri",
}

// addressHeaders say where a request comes from.
var addressHeaders = []string{"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}

func (c *Config) validateAccess() error {
	_, err := c.TrustedProxies()
	errs := []error{err, c.validateSecrets()}
	secret, client := strings.ToLower(c.CDN.SecretHeader), strings.ToLower(c.HTTP.ClientHeader)
	if !headerName.MatchString(secret) || slices.Contains(reservedHeaders, secret) || slices.Contains(addressHeaders, secret) {
		errs = append(errs, fmt.Errorf("cdn.secret_header: %.60q; use the name of a header that means nothing else, such as X-Origin-Secret", c.CDN.SecretHeader))
	}
	if !headerName.MatchString(client) || slices.Contains(reservedHeaders, client) || client == "x-forwarded-host" || client == "x-forwarded-proto" || client == secret {
		errs = append(errs, fmt.Errorf("http.client_header: %.60q; use X-Forwarded-For, Forwarded or the CDN's own header for the client's address", c.HTTP.ClientHeader))
	}
	if c.CDN.LoopID != "" && !loopID.MatchString(c.CDN.LoopID) {
		errs = append(errs, fmt.Errorf("cdn.loop_id: %.80q; use up to 64 of a-z, A-Z, 0-9 and ._:-, or nothing", c.CDN.LoopID))
	}
	if c.HTTP.ProxyProtocol && strings.TrimSpace(c.HTTP.TrustedProxies) == "" {
		errs = append(errs, errors.New("http.proxy_protocol: needs http.trusted_proxies to name the load balancers; else anybody could claim any address"))
	}
	if c.HTTP.ProxyProtocol && c.HTTP.Listen == "" {
		errs = append(errs, errors.New("http.proxy_protocol: is spoken on http.listen, which is off"))
	}
	return errors.Join(errs...)
}

// validateSecrets never quotes one.
func (c *Config) validateSecrets() error {
	secrets := c.Secrets()
	if len(secrets) > 2 {
		return fmt.Errorf("cdn.secret: has %d secrets separated by spaces; use one, or two while it is changed", len(secrets))
	}
	for _, s := range secrets {
		if err := setting.CheckSecret("cdn.secret", Secret(s)); err != nil {
			return err
		}
	}
	if len(secrets) == 2 && secrets[0] == secrets[1] {
		return errors.New("cdn.secret: both secrets are the same")
	}
	return nil
}
