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
	URL     string        `required:"" help:"The address to sign, of a playlist usually." placeholder:"https://CDN/live/STREAM/index.m3u8"`
	For     time.Duration `help:"How long it holds." default:"12h" placeholder:"2h"`
	Prefix  string        `help:"Path below which it holds, for schemes that can; by default /live/STREAM/, or the address's folder." placeholder:"/PATH/"`
	IP      string        `help:"Only from this address." placeholder:"ADDRESS"`
	Session string        `help:"Session, for schemes that have a place for it." placeholder:"ID"`
	KeyFile string        `help:"File with the key. Without it the key is in CDN_SIGNING_KEY; never an argument, which 'ps' shows." type:"existingfile" placeholder:"FILE"`
	KeyID   string        `help:"ID of the key, for CloudFront." placeholder:"ID"`
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
		return fmt.Errorf("no key; use --key-file FILE, or set CDN_SIGNING_KEY")
	}
	signer, err := sign.New(c.Scheme, key, c.KeyID)
	if err != nil {
		return err
	}
	request := sign.Request{URL: c.URL, Prefix: c.Prefix, Expires: time.Now().Add(c.For), Session: c.Session}
	if c.IP != "" {
		if request.Address, err = netip.ParseAddr(c.IP); err != nil {
			return fmt.Errorf("--ip %q is not an address", c.IP)
		}
	}
	signed, err := signer.Sign(request)
	if err != nil {
		return err
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
	sign.File:  "note: this signs one file; a player that follows a playlist's relative addresses loses it",
	sign.Query: "note: each request has to repeat this query; players do so only when they are told to",
}
