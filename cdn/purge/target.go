package purge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Purger has one CDN forget objects. Doing so twice does no harm.
type Purger interface {
	Purge(ctx context.Context, objects []Object) error
}

// Target is a CDN to purge.
type Target struct {
	Name string
	Kind string // cloudfront, fastly, cloudflare, varnish or http
	// TagHeader is the header that the origin must put tags in; "" if this CDN needs
	// none.
	TagHeader string
	// Batch is how many objects one call may take.
	Batch  int
	Purger Purger
}

// attemptTimeout bounds a call.
const attemptTimeout = 20 * time.Second

// maxReply is how much of an answer is read.
const maxReply = 16 << 10

// ErrTarget reports a URL that is no target.
var ErrTarget = errors.New("not the URL of a CDN; use cloudfront://ACCESS_KEY:SECRET@DISTRIBUTION, fastly://TOKEN@SERVICE, cloudflare://TOKEN@ZONE, " +
	"varnish://SECRET@HOST:PORT, or an http(s) URL with {stream}, {recording}, {publication}, {tag} or {path}")

// Parse makes a target of a URL. Errors do not show it: it holds a secret.
func Parse(name, address string) (*Target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, ErrTarget
	}
	t := &Target{Name: name, Kind: u.Scheme, Batch: 1}
	switch u.Scheme {
	case "cloudfront":
		err = t.cloudFront(u)
	case "fastly":
		err = t.fastly(u)
	case "cloudflare":
		err = t.cloudflare(u)
	case "varnish", "varnish+https":
		t.Kind = "varnish"
		err = t.varnish(u)
	case "http", "https":
		t.Kind = "http"
		err = t.generic(address)
	default:
		err = ErrTarget
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// options reads the query and refuses what is unknown or no endpoint.
func options(u *url.URL, known ...string) (url.Values, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("options: use NAME=VALUE pairs joined by &")
	}
	for name := range q {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("options: use only %s", strings.Join(known, ", "))
		}
	}
	if e := q.Get("endpoint"); e != "" {
		if v, err := url.Parse(e); err != nil || v.Host == "" || v.Scheme != "http" && v.Scheme != "https" {
			return nil, errors.New("endpoint: use http:// or https://")
		}
	}
	return q, nil
}

// newClient does not follow redirects: what is sent holds a secret.
func newClient() *http.Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.MaxIdleConnsPerHost = 1
	return &http.Client{CheckRedirect: stay, Transport: transport, Timeout: attemptTimeout}
}

// statusError is a refusal.
type statusError struct {
	status int
	advice string
}

func (e *statusError) Error() string { return fmt.Sprintf("answered %d; %s", e.status, e.advice) }

// Permanent reports whether an error will not pass by itself; it is tried again all the
// same, but seldom.
func Permanent(err error) bool {
	var refused *statusError
	return errors.As(err, &refused) && refused.status >= 300 && refused.status < 500 && refused.status != 429 && refused.status != 408
}

// advise says what to check.
func advise(status int, secret, place string) string {
	switch {
	case status == 401, status == 403:
		return "check " + secret
	case status == 404, status == 405:
		return "check " + place
	case status == 429:
		return "it wants fewer calls"
	case status >= 300 && status < 400:
		return "it leads elsewhere, where nothing is sent; check " + place
	}
	return "see its own log or status page"
}
