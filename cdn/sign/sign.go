package sign

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"
)

// Request is what to sign.
type Request struct {
	// URL is the address, of a playlist usually.
	URL string
	// Prefix is the path below which a signature holds, for schemes that can; it ends
	// with a slash. "": /live/STREAM/, or the address's folder.
	Prefix  string
	Begin   time.Time // the zero value: at once
	Expires time.Time // in whole seconds
	// Address restricts the signature to one viewer, for schemes that can.
	Address netip.Addr
	// Session is passed on to schemes that have a place for it.
	Session string
}

// Reach says how far a signature goes when a player follows relative URIs.
type Reach string

// The reaches.
const (
	// File: this address only. For downloads; a player's second request is refused.
	File Reach = "file"
	// Query: the whole prefix, but each request must repeat the query.
	Query Reach = "query"
	// Path: the whole prefix, and relative URIs carry the signature on.
	Path Reach = "path"
	// Cookies: the whole prefix, for players that send cookies to the CDN.
	Cookies Reach = "cookies"
)

// Signed is the result.
type Signed struct {
	URL     string
	Cookies []*http.Cookie // to be set for the CDN's host
	Reach   Reach
}

// Signer signs by one scheme with one key. It may be used concurrently.
type Signer interface {
	// Sign fails with ErrRequest.
	Sign(r Request) (Signed, error)
}

// ErrRequest reports what can't be signed; the error that wraps it says why.
var ErrRequest = errors.New("sign")

// ErrKey reports a key of the wrong form; it never shows the key.
var ErrKey = errors.New("key")

// scheme makes a signer of a key; id names the key where the CDN wants that.
type scheme struct {
	name, help string
	make       func(key []byte, id string) (Signer, error)
}

var schemes = []scheme{
	{"cloudfront", "CloudFront, custom policy in the query", newCloudFront(cloudFrontPolicy)},
	{"cloudfront-canned", "CloudFront, canned policy for one file", newCloudFront(cloudFrontCanned)},
	{"cloudfront-cookies", "CloudFront, custom policy in cookies", newCloudFront(cloudFrontCookies)},
	{"akamai", "Akamai token 2.0 in the query (hdnts)", newAkamai("hdnts", false)},
	{"akamai-cookie", "Akamai token 2.0 in a cookie (hdnea)", newAkamai("hdnea", true)},
	{"fastly", "Fastly, as its tutorial has it", newFastly},
	{"bunny", "Bunny, HMAC-SHA256 in the path", newBunny},
	{"cloudflare", "Cloudflare, is_timed_hmac_valid_v0", newCloudflare},
	{"nginx", "nginx secure_link with md5 and expires", newNginx},
	{"hmac", "HMAC-SHA256 in the path", newPathHMAC},
}

// Schemes are the names of all schemes.
func Schemes() []string {
	names := make([]string, len(schemes))
	for i, s := range schemes {
		names[i] = s.name
	}
	return names
}

// New makes a signer. The key is what the CDN's console shows: PEM for CloudFront, hex for
// Akamai, base64 for Fastly, text for all others; space around it is left out. id is
// CloudFront's ID of the key. It fails with ErrKey.
func New(name string, key []byte, id string) (Signer, error) {
	for _, s := range schemes {
		if s.name != name {
			continue
		}
		if key = []byte(strings.TrimSpace(string(key))); len(key) == 0 {
			return nil, fmt.Errorf("%w: is empty", ErrKey)
		}
		return s.make(key, id)
	}
	return nil, fmt.Errorf("%w: unknown scheme %q; use one of %s", ErrRequest, name, strings.Join(Schemes(), ", "))
}

// parse checks a request and takes its address apart.
func (r *Request) parse() (*url.URL, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%w: the URL is not one such as https://cdn.example.com/live/show/index.m3u8", ErrRequest)
	}
	if u.Path == "" || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
		return nil, fmt.Errorf("%w: the path holds . or .. or //", ErrRequest)
	}
	if r.Expires.IsZero() || !r.Begin.IsZero() && !r.Begin.Before(r.Expires) {
		return nil, fmt.Errorf("%w: it has to end, after it has begun", ErrRequest)
	}
	if r.Prefix == "" {
		r.Prefix = prefixOf(u.Path)
	}
	if !strings.HasPrefix(r.Prefix, "/") || !strings.HasSuffix(r.Prefix, "/") || !strings.HasPrefix(u.Path, r.Prefix) {
		return nil, fmt.Errorf("%w: the prefix %q is not a folder that holds the path", ErrRequest, r.Prefix)
	}
	return u, nil
}

// prefixOf is where all lies that a playlist refers to: recordings refer to what lies
// beside them.
func prefixOf(p string) string {
	if rest, ok := strings.CutPrefix(p, "/live/"); ok {
		if stream, _, below := strings.Cut(rest, "/"); below && stream != "" {
			return "/live/" + stream + "/"
		}
	}
	return p[:strings.LastIndexByte(p, '/')+1]
}

// addQuery puts parameters behind those that are there, as they are.
func addQuery(u *url.URL, parameters string) string {
	signed := *u
	if signed.RawQuery != "" {
		signed.RawQuery += "&"
	}
	signed.RawQuery += parameters
	return signed.String()
}

// inPath is the address with an element before its path.
func inPath(u *url.URL, element string) string {
	s := u.Scheme + "://" + u.Host + "/" + element + u.EscapedPath()
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return s
}

func refuse(what, why string) error { return fmt.Errorf("%w: %s %s", ErrRequest, what, why) }
