package playbackauth

import (
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/internal/httpcache"
)

// AuthorizePath is where edges ask whether a viewer may have something.
const AuthorizePath = "/playback/authorize"

const (
	// verdictLife is how long an edge may keep a yes.
	verdictLife = 10 * time.Second
	// maxOriginalURI bounds the address that a verdict is asked about, in bytes.
	maxOriginalURI = 8 << 10
)

var refusalLife = []string{"max-age=1"}

// Authorize answers an edge that asks about a viewer's request, which stands in the
// header X-Original-URI: 204, 401 or 403, with how long that may be kept by token,
// stream and client address.
func (g *Authorizer) Authorize(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	uri := r.Header.Get("X-Original-Uri")
	u, err := url.ParseRequestURI(uri)
	if err != nil || len(uri) > maxOriginalURI {
		httpcache.SetHeader(h, httpcache.Private)
		http.Error(w, "X-Original-URI: the viewer's request URI is missing, or is none", http.StatusBadRequest)
		return
	}
	want := read(u.Path, u.RawQuery, r.Header)
	if !unambiguous(u.Path) {
		h["Cache-Control"] = refusalLife
		w.WriteHeader(g.describe(h, token.Stream).Status())
		return
	}
	if want.public || want.target.Stream != "" && !g.cfg.Policy.Guarded(want.target.Stream) {
		g.yes(w, verdictLife)
		return
	}
	ticket, err := g.verifier.Verify(want.text)
	if err == nil {
		err = g.allow(r, ticket, &want)
	}
	if err != nil {
		h["Cache-Control"] = refusalLife
		w.WriteHeader(g.describe(h, err).Status())
		return
	}
	g.yes(w, min(verdictLife, ticket.Left(time.Now())))
}

// unambiguous reports whether an edge that tidies paths reads this one as we do. Given
// /live/a/../b/index.m3u8, a verdict about a would open b: edges name the URI as the
// viewer wrote it, and serve what they make of it. A backslash is a slash to some.
func unambiguous(p string) bool {
	return (path.Clean(p) == strings.TrimSuffix(p, "/") || p == "/") && !strings.ContainsAny(p, "\\\x00")
}

func (g *Authorizer) yes(w http.ResponseWriter, life time.Duration) {
	g.allowed.Inc()
	w.Header()["Cache-Control"] = []string{"max-age=" + strconv.Itoa(max(0, int(life/time.Second)))}
	w.WriteHeader(http.StatusNoContent)
}
