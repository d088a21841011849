package hls

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
)

// location is a URL in the pieces that requests are made of.
type location struct {
	origin string // "http://host:port"
	path   string // from the slash on, query included
	dir    string // path up to its last slash, without query
}

func parseLocation(text string) (location, error) {
	u, err := url.Parse(text)
	if err != nil {
		return location{}, err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return location{}, fmt.Errorf("%q is not http://HOST/… or https://HOST/…", text)
	}
	l := location{origin: u.Scheme + "://" + u.Host, path: u.RequestURI()}
	clean, _, _ := strings.Cut(l.path, "?")
	l.dir = clean[:strings.LastIndexByte(clean, '/')+1]
	return l, nil
}

func (l location) String() string { return l.origin + l.path }

// resolve appends the path that a reference means (RFC 3986 §5) to dst. The usual
// references cost no more than copying them.
func (l location) resolve(dst, reference []byte) (origin string, path []byte, err error) {
	switch {
	case !plainReference(reference):
		next, err := l.follow(string(reference))
		return next.origin, append(dst, next.path...), err
	case reference[0] == '/':
		return l.origin, append(dst, reference...), nil
	default:
		return l.origin, append(append(dst, l.dir...), reference...), nil
	}
}

// follow resolves a reference in full.
func (l location) follow(reference string) (location, error) {
	base, err := url.Parse(l.String())
	if err != nil {
		return location{}, err
	}
	u, err := base.Parse(reference)
	if err != nil {
		return location{}, fmt.Errorf("%w: URI %q", errPlaylist, reference)
	}
	return parseLocation(u.String())
}

// plainReference reports whether the reference can be used as it is: a path, with
// nothing in it that would have to be resolved or escaped.
func plainReference(r []byte) bool {
	if len(r) == 0 || r[0] == '?' || bytes.HasPrefix(r, []byte("//")) || bytes.Contains(r, []byte("./")) {
		return false
	}
	for i, c := range r {
		if c <= ' ' || c >= 0x7f || c == '#' || (c == ':' && bytes.IndexByte(r[:i], '/') < 0) {
			return false
		}
	}
	return true
}
