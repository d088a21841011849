package sign

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/netip"

	cloudfront "github.com/aws/aws-sdk-go-v2/feature/cloudfront/sign"
)

// cloudFrontMode is one of CloudFront's ways.
type cloudFrontMode uint8

const (
	cloudFrontPolicy cloudFrontMode = iota
	cloudFrontCanned
	cloudFrontCookies
)

// cloudFront signs as "Serve private content with signed URLs and signed cookies" of the
// CloudFront developer guide says.
type cloudFront struct {
	mode cloudFrontMode
	key  *rsa.PrivateKey
	id   string
}

func newCloudFront(mode cloudFrontMode) func(key []byte, id string) (Signer, error) {
	return func(text []byte, id string) (Signer, error) {
		if id == "" {
			return nil, fmt.Errorf("%w: CloudFront needs the ID of the key (Key-Pair-Id)", ErrKey)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%w: not a private key in PEM", ErrKey)
		}
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return cloudFront{mode, key, id}, nil
		}
		key, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
		if key, ok := key.(*rsa.PrivateKey); ok {
			return cloudFront{mode, key, id}, nil
		}
		return nil, fmt.Errorf("%w: not an RSA private key", ErrKey)
	}
}

// Sign implements Signer.
func (s cloudFront) Sign(r Request) (Signed, error) {
	u, err := r.parse()
	if err != nil {
		return Signed{}, err
	}
	switch s.mode {
	case cloudFrontCanned:
		if r.Address.IsValid() || !r.Begin.IsZero() {
			return Signed{}, refuse("a canned policy", "knows neither address nor begin; use cloudfront")
		}
		signed, err := cloudfront.NewURLSigner(s.id, s.key).Sign(r.URL, r.Expires)
		return Signed{URL: signed, Reach: File}, err
	case cloudFrontCookies:
		cookies, err := cloudfront.NewCookieSigner(s.id, s.key).SignWithPolicy(policy(r, u.Scheme+"://"+u.Host), func(o *cloudfront.CookieOptions) {
			o.Path, o.Secure, o.Expires, o.SameSite = r.Prefix, u.Scheme == "https", r.Expires.UTC(), http.SameSiteNoneMode
		})
		return Signed{URL: r.URL, Cookies: cookies, Reach: Cookies}, err
	}
	signed, err := cloudfront.NewURLSigner(s.id, s.key).SignWithPolicy(r.URL, policy(r, u.Scheme+"://"+u.Host))
	return Signed{URL: signed, Reach: Query}, err
}

// policy lets the whole prefix be fetched.
func policy(r Request, base string) *cloudfront.Policy {
	p := cloudfront.NewCannedPolicy(base+r.Prefix+"*", r.Expires)
	condition := &p.Statements[0].Condition
	if r.Address.IsValid() {
		address := r.Address.Unmap()
		condition.IPAddress = &cloudfront.IPAddress{SourceIP: netip.PrefixFrom(address, address.BitLen()).String()}
	}
	if !r.Begin.IsZero() {
		condition.DateGreaterThan = cloudfront.NewAWSEpochTime(r.Begin)
	}
	return p
}
