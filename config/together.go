package config

import (
	"fmt"
	"strings"

	"github.com/globalfandom/lightstick/origin/playbackauth"
)

// checkTogether reports settings of different packages that don't go together.
func (c *Config) checkTogether() (errs []error) {
	refuse := func(wrong bool, format string, values ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, values...))
		}
	}
	const needsCertificate = "%s: needs a certificate; set http.tls_cert and http.tls_key, or http.domain"
	noCertificate := c.HTTP.TLSCert == "" && c.HTTP.Domain == ""
	refuse(noCertificate && c.RTMP.TLSListen != "", needsCertificate, "rtmp.tls_listen")
	refuse(noCertificate && c.RTSP.TLSListen != "", needsCertificate, "rtsp.tls_listen")

	const taken = "%s: %.60q is the header of cdn.secret_header; use another"
	refuse(strings.EqualFold(c.HTTP.ClientHeader, c.CDN.SecretHeader), taken, "http.client_header", c.HTTP.ClientHeader)
	country := c.Playback.CountryHeader
	refuse(strings.EqualFold(country, c.CDN.SecretHeader), taken, "playback.country_header", country)

	open := len(c.CDN.Secrets) == 0
	refuse(open && c.Playback.Auth == playbackauth.Edge, "playback.auth: edge allows everybody who reaches this server; set cdn.secret, which only the CDN knows")
	refuse(open && country != "" && len(c.HTTP.TrustedProxies) == 0, "playback.country_header: anybody could send it; set cdn.secret or http.trusted_proxies")
	return errs
}
