package pull

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/rtsp"
)

// client makes one attempt to fetch a stream: it connects, opens a publication through the
// gate when there is something to take, and feeds it. It returns why that ended; nil: the
// peer ended the stream.
type client interface {
	Fetch(ctx context.Context, gate ingest.Gate) error
}

// Address is where a stream is fetched from. It may hold a password.
type Address struct {
	url     *url.URL
	options url.Values
	scheme  scheme
}

// scheme is what is known of the addresses that begin with a word.
type scheme struct {
	tls     bool     // the connection is encrypted by TLS
	inQuery bool     // options are the query, not the fragment
	options []string // that may be given
	check   func(a Address) error
	make    func(a Address, log *slog.Logger) (client, error)
}

// trustOptions say whom to trust by TLS, see [Address.trust].
var trustOptions = []string{"fingerprint", "ca"}

var schemes = map[string]scheme{
	"rtsp":  {make: newRTSP},
	"rtsps": {make: newRTSP, tls: true},
	"rtmp":  {make: newRTMP, check: checkRTMP},
	"rtmps": {make: newRTMP, check: checkRTMP, tls: true},
	"http":  {make: newHTTP},
	"https": {make: newHTTP, tls: true},
	"srt":   {make: newSRT, check: checkSRT, inQuery: true, options: srtOptions},
	"udp":   {make: newUDP, check: checkUDP, inQuery: true, options: []string{"source", "interface"}},
}

// Parse reads an address. Errors don't show it.
func Parse(text string) (Address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Address{}, errors.New("the address can't be read; escape special characters of user and password, such as %40 for @")
	}
	s, known := schemes[u.Scheme]
	if !known {
		return Address{}, fmt.Errorf("the address does not begin with one of %s://", strings.Join(slices.Sorted(maps.Keys(schemes)), "://, "))
	}
	a := Address{url: u, scheme: s}
	given := u.Fragment
	if s.inQuery {
		given = u.RawQuery
	}
	if a.options, err = url.ParseQuery(given); err != nil {
		return Address{}, errors.New("the options of the address can't be read; use NAME=VALUE, joined by &")
	}
	return a, a.validate()
}

func (a Address) validate() error {
	allowed := a.scheme.options
	if a.scheme.tls {
		allowed = append(slices.Clone(allowed), trustOptions...)
	}
	for name := range a.options {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("%q is no option of %s addresses; they have %s", name, a.url.Scheme, strings.Join(allowed, ", "))
		}
	}
	if a.url.Hostname() == "" && a.url.Scheme != "udp" {
		return errors.New("the address has no host")
	}
	if a.scheme.tls {
		if _, err := a.trust(); err != nil {
			return err
		}
	}
	if a.scheme.check != nil {
		return a.scheme.check(a)
	}
	return nil
}

// Remote names the peer, without what may be secret.
func (a Address) Remote() string { return a.url.Scheme + "://" + a.url.Host }

// Protocol is what reports and metrics call the way in.
func (a Address) Protocol() string { return strings.TrimSuffix(a.url.Scheme, "s") }

// plain is the address as the peer's own, without options.
func (a Address) plain() *url.URL {
	u := *a.url
	u.Fragment, u.RawFragment = "", ""
	return &u
}

func newRTSP(a Address, log *slog.Logger) (client, error) {
	config, err := a.trust()
	return &rtsp.Client{URL: a.plain().String(), TLS: config, Log: log}, err
}
