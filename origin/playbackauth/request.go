package playbackauth

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/origin"
)

// Prefix begins paths that carry a token: /t/TOKEN/live/…
const Prefix = "/t/"

// Cookie is the name of the cookie that may hold a token.
const Cookie = "lightstick_token"

// place is where a request has its token.
type place uint8

const (
	nowhere place = iota
	inPath
	inQuery
	inHeader
)

// wanted is what a request asks for, and the token that it does so with.
type wanted struct {
	target token.Target
	public bool // anybody may have it: a stream's state
	// publication and file are those of media; "": something else.
	publication, file string

	text  string // the token, of the place that counts; never to be logged
	place place
	old   string // the path's token, when a new one is in the query
	path  string // without the token
	query string // likewise
}

// read takes a request's address and headers apart. A token in the query is newer than
// one in the path.
func read(path, query string, h http.Header) wanted {
	w := wanted{path: path, query: query}
	if rest, ok := strings.CutPrefix(path, Prefix); ok {
		var below string
		w.text, below, _ = strings.Cut(rest, "/")
		w.place, w.path = inPath, "/"+below
	}
	w.readTarget()
	text, rest := cutParameter(query, "token")
	if w.query = rest; text != "" {
		w.old, w.text, w.place = w.text, text, inQuery
	}
	if w.place == nowhere {
		if text := headerToken(h); text != "" {
			w.text, w.place = text, inHeader
		}
	}
	return w
}

// streamOf is the stream that a path is of; "": none.
func streamOf(path string) string {
	rest, _ := strings.CutPrefix(path, origin.Prefix)
	if len(rest) == len(path) {
		return ""
	}
	stream, _, ok := strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	return stream
}

// readTarget reads the path as the origin does.
func (w *wanted) readTarget() {
	stream := streamOf(w.path)
	if stream == "" {
		return
	}
	w.target.Stream = stream
	rest := w.path[len(origin.Prefix)+len(stream)+1:]
	w.public = rest == "status.json"
	first, rest, below := strings.Cut(rest, "/")
	second, third, _ := strings.Cut(rest, "/")
	switch {
	case first == "recordings":
		w.target.Recording = second
	case below:
		w.publication, w.file = first, third
	}
}

// playlist reports whether a path is that of a playlist.
func playlist(path string) bool { return strings.HasSuffix(path, ".m3u8") }

// cutParameter finds a parameter of a query and what else there is. Tokens need no
// escapes: one that has them is none.
func cutParameter(query, name string) (value, rest string) {
	if !strings.Contains(query, name+"=") {
		return "", query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, v, _ := strings.Cut(pair, "=")
		if key != name {
			kept = append(kept, pair)
		} else if value == "" {
			value = v
		}
	}
	return value, strings.Join(kept, "&")
}

// headerToken is a bearer token, or the cookie's.
func headerToken(h http.Header) string {
	if v := h["Authorization"]; len(v) > 0 {
		if scheme, text, _ := strings.Cut(v[0], " "); strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(text)
		}
	}
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name == Cookie {
				return value
			}
		}
	}
	return ""
}

// referrer is the host name of the site that a request says to come from.
func referrer(h http.Header) string {
	for _, name := range []string{"Origin", "Referer"} {
		if v := h[name]; len(v) > 0 {
			if u, err := url.Parse(v[0]); err == nil && u.Hostname() != "" {
				return u.Hostname()
			}
		}
	}
	return ""
}

// strip takes the token out of a request's address, for good. Headers stay as they are:
// connections use them again.
func (w *wanted) strip(r *http.Request) {
	front := len(Prefix) + len(w.text)
	if w.place == inPath && w.query == r.URL.RawQuery && len(r.RequestURI) > front && r.RequestURI[len(Prefix):front] == w.text {
		r.RequestURI = r.RequestURI[front:]
	} else {
		r.RequestURI = (&url.URL{Path: w.path, RawQuery: w.query}).RequestURI()
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = w.path, "", w.query
}
