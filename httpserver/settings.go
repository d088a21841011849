package httpserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are http.* of the configuration.
type Settings struct {
	Listen              string   `key:"http.listen" default:":8080" help:"Address (HOST:PORT or :PORT) for viewers and the API. Empty: off."`
	MaxConnections      int      `key:"http.max_connections" default:"0" help:"Most connections at one time; further ones get a 503. 0: nine tenths of the files that the system lets the process open."`
	MaxConnectionsPerIP int      `key:"http.max_connections_per_ip" default:"0" help:"Most connections at one time from one IPv4 address or IPv6 /64. 0: no limit. Behind a CDN, most connections come from a few addresses."`
	Domain              string   `key:"http.domain" default:"" help:"Public host name. Serves HTTPS on :443 with an automatic certificate, and redirects :80 to it. The RTMPS and RTSPS listeners use the certificate too. Empty: off."`
	URL                 string   `key:"http.url" default:"" help:"Public base URL for links, if viewers don't reach http.listen directly. Empty: the address that the client used."`
	TLSCert             string   `key:"http.tls_cert" default:"" help:"Certificate file (PEM). Serves HTTPS on http.listen; the RTMPS and RTSPS listeners use it in preference to the certificate of http.domain. Read again when it changes. Empty: none."`
	TLSKey              string   `key:"http.tls_key" default:"" help:"Private key file (PEM) of http.tls_cert."`
	TrustedProxies      Networks `key:"http.trusted_proxies" list:" " default:"" help:"Proxies whose client-address header is trusted: networks such as 203.0.113.0/24, addresses, private or loopback, separated by spaces. Empty: none."`
	ClientHeader        string   `key:"http.client_header" default:"X-Forwarded-For" help:"Header in which trusted proxies send the client's address: X-Forwarded-For, Forwarded, or a CDN's own such as CF-Connecting-IP. No other is read."`
	ProxyProtocol       bool     `key:"http.proxy_protocol" default:"false" help:"Whether trusted proxies begin each connection to http.listen with a PROXY protocol header, version 1 or 2: true or false."`
}

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	errs := []error{
		setting.CheckAddress("http.listen", s.Listen),
		setting.CheckNotNegative("http.max_connections", s.MaxConnections),
		setting.CheckNotNegative("http.max_connections_per_ip", s.MaxConnectionsPerIP),
		setting.CheckURL("http.url", s.URL),
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		errs = append(errs, errors.New("http.tls_cert and http.tls_key: set both or neither"))
	}
	if !UsableHeader(s.ClientHeader) || isOneOf(s.ClientHeader, "x-forwarded-host", "x-forwarded-proto") {
		errs = append(errs, fmt.Errorf("http.client_header: %.60q can't be used; use X-Forwarded-For, Forwarded or the CDN's own header for the client's address", s.ClientHeader))
	}
	if s.ProxyProtocol && len(s.TrustedProxies) == 0 {
		errs = append(errs, errors.New("http.proxy_protocol: name the load balancers in http.trusted_proxies, or anybody could claim any address"))
	}
	if s.ProxyProtocol && s.Listen == "" {
		errs = append(errs, errors.New("http.proxy_protocol: is for http.listen, which is off; set http.listen"))
	}
	return errors.Join(errs...)
}

// Proxies are the trusted proxies; nil: there are none.
func (s *Settings) Proxies() *Proxies {
	if len(s.TrustedProxies) == 0 {
		return nil
	}
	return NewProxies(s.TrustedProxies, s.ClientHeader)
}

// ShieldSettings are cdn.* of the configuration: what requests must have to be let in.
type ShieldSettings struct {
	// Secrets are what the CDN sends in SecretHeader, any one of them; none: everybody
	// is let in. Two are for the time while the CDN is told the next one.
	Secrets      []setting.Secret `key:"cdn.secret" list:" " default:"" help:"Secret that the CDN must send with requests for media, 16 to 256 characters. While it is being changed: both, separated by a space. Empty: no secret is required."`
	SecretHeader string           `key:"cdn.secret_header" default:"X-Origin-Secret" help:"Header in which the CDN sends cdn.secret."`
	// LoopID is our name in CDN-Loop (RFC 8586); "": the header is not looked at.
	LoopID string `key:"cdn.loop_id" default:"lightstick" help:"Name of this server in the CDN-Loop header. A request that has it already gets a 508. Empty: loops are not detected."`
}

// maxSecrets is what a change needs: the old one and the new one.
const maxSecrets = 2

// Validate reports every fault at once. It never quotes a secret.
func (s *ShieldSettings) Validate() error {
	errs := []error{s.validateSecrets()}
	if !UsableHeader(s.SecretHeader) || isOneOf(s.SecretHeader, "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto") {
		errs = append(errs, fmt.Errorf("cdn.secret_header: %.60q can't be used; use the name of a header without another meaning, such as X-Origin-Secret", s.SecretHeader))
	}
	if s.LoopID != "" && !loopID.MatchString(s.LoopID) {
		errs = append(errs, fmt.Errorf("cdn.loop_id: %.80q is not allowed; use up to 64 of a-z, A-Z, 0-9 and ._:-, or nothing", s.LoopID))
	}
	return errors.Join(errs...)
}

func (s *ShieldSettings) validateSecrets() error {
	if len(s.Secrets) > maxSecrets {
		return fmt.Errorf("cdn.secret: %d secrets; use one, or two while it is being changed", len(s.Secrets))
	}
	for _, secret := range s.Secrets {
		if err := setting.CheckSecret("cdn.secret", secret); err != nil {
			return err
		}
	}
	if len(slices.Compact(slices.Clone(s.Secrets))) < len(s.Secrets) {
		return errors.New("cdn.secret: both secrets are the same; use one, or two that differ")
	}
	return nil
}

func isOneOf(name string, lower ...string) bool {
	return slices.Contains(lower, strings.ToLower(name))
}
