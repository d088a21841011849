package edge

import (
	"fmt"
	"net/netip"
	"time"
)

// viewersPerAddress is how many viewers behind one address (a school, a mobile network)
// HAProxy lets ask as often as players do.
const viewersPerAddress = 200

// Viewers is viewersPerAddress, for the template.
func (*values) Viewers() int { return viewersPerAddress }

// RequestRate is how many requests in ten seconds one address may send: each viewer asks
// for a playlist and a part of picture and of sound each, with every part. Parts may be a
// quarter shorter than PartDuration (docs/delivery.md).
func (v *values) RequestRate() int {
	const each = 4
	return int(viewersPerAddress * each * 10 * time.Second / (v.PartDuration * 3 / 4))
}

// BindOn is the address that HAProxy listens on, in its words.
func (v *values) BindOn() string {
	text := v.Listen.Everywhere()
	if ip, err := netip.ParseAddr(v.Listen.Host); err == nil && ip.Is6() && ip.IsUnspecified() {
		text += " v4v6"
	}
	if v.TLSCert != "" {
		text += " ssl crt " + v.TLSCert + " alpn h2,http/1.1"
	}
	return text
}

// supportsHAProxy refuses what HAProxy can't do.
func supportsHAProxy(o *Options) error {
	// Its key lies in the certificate's file, or in one beside it (ssl-load-extra-files).
	if o.TLSKey != "" && o.TLSKey != o.TLSCert && o.TLSKey != o.TLSCert+".key" {
		return fmt.Errorf("%w: HAProxy takes the key from the certificate's file, or from CERT.key: give --tls-key %s.key, or the same file twice", errOption, o.TLSCert)
	}
	return nil
}
