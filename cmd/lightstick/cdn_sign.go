package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/globalfandom/lightstick/cdn/sign"
)

type cdnSign struct {
	Scheme  string        `required:"" help:"cloudfront, cloudfront-canned, cloudfront-cookies, akamai, akamai-cookie, fastly, bunny, cloudflare, nginx or hmac." placeholder:"SCHEME"`
	URL     string        `required:"" help:"URL to sign, usually of a playlist." placeholder:"https://CDN/live/STREAM/index.m3u8"`
	For     time.Duration `help:"How long the signature is valid." default:"12h" placeholder:"2h"`
	Prefix  string        `help:"Path prefix that the signature covers, in schemes that support it. Default: /live/STREAM/, or the URL's folder." placeholder:"/PATH/"`
	IP      string        `help:"Only for this client address." placeholder:"ADDRESS"`
	Session string        `help:"Session ID, in schemes that support it." placeholder:"ID"`
	KeyFile string        `help:"File with the key. Default: $CDN_SIGNING_KEY. The key is never an argument, because 'ps' shows those." type:"existingfile" placeholder:"FILE"`
	KeyID   string        `help:"Key ID, for CloudFront." placeholder:"ID"`
}

func (c *cdnSign) Run(_ context.Context, out io.Writer) error {
	key := []byte(os.Getenv("CDN_SIGNING_KEY"))
	if c.KeyFile != "" {
		var err error
		if key, err = os.ReadFile(c.KeyFile); err != nil {
			return err
		}
	}
	if len(key) == 0 {
		return usageError("missing key; use --key-file FILE, or set CDN_SIGNING_KEY")
	}
	signer, err := sign.New(c.Scheme, key, c.KeyID)
	if err != nil {
		return optionError("sign", err)
	}
	request := sign.Request{URL: c.URL, Prefix: c.Prefix, Expires: time.Now().Add(c.For), Session: c.Session}
	if c.IP != "" {
		if request.Address, err = netip.ParseAddr(c.IP); err != nil {
			return usageError("--ip: %q is not an IP address", c.IP)
		}
	}
	signed, err := signer.Sign(request)
	if err != nil {
		return optionError("sign", err)
	}
	fmt.Fprintln(out, signed.URL)
	for _, cookie := range signed.Cookies {
		fmt.Fprintf(out, "Set-Cookie: %s\n", cookie)
	}
	if note := reaches[signed.Reach]; note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
	return nil
}

// reaches warn of what players will do with an address.
var reaches = map[sign.Reach]string{
	sign.File:  "note: this signs a single file; requests for a playlist's relative URLs lack the signature",
	sign.Query: "note: each request must repeat this query string; players do so only if they are configured to",
}
