package edge

import "fmt"

// supportsFastly refuses what Fastly can't do, or what isn't written for it.
func supportsFastly(o *Options) error {
	switch {
	case o.Verify == VerifyOrigin:
		return fmt.Errorf("%w: for Fastly there is no configuration that asks the origin for its verdict: use --verify native with HS256 keys", errOption)
	case o.TLSCert != "":
		return fmt.Errorf("%w: Fastly manages certificates itself: leave out --tls-cert", errOption)
	}
	return nil
}
