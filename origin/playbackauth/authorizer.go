package playbackauth

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/cdn/session"
	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/internal/clientnet"
	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/internal/randomid"
)

// Config of an authorizer.
type Config struct {
	Keys    *token.Keys
	Policy  *Policy
	Screens *session.Screens
	// Trusting: an edge has verified tokens already. Requests pass as they are;
	// Authorize answers nevertheless.
	Trusting bool
	// Holds reports whether a file of a publication is media of a recording, which lie
	// beside all other media of the stream; nil: none is.
	Holds func(ctx context.Context, stream, recording, publication, file string) bool
	// Address is the viewer's; nil: the connection's.
	Address func(*http.Request) netip.Addr
	// Country is the viewer's, "" if unknown; nil: never known.
	Country func(*http.Request) string
}

// Authorizer is an http.Handler before the origin's.
type Authorizer struct {
	cfg      Config
	verifier *token.Verifier
	next     http.Handler
	allowed  prometheus.Counter
	verdicts *prometheus.CounterVec
}

// New makes an authorizer before next.
func New(cfg Config, next http.Handler) *Authorizer {
	if cfg.Address == nil {
		cfg.Address = remote
	}
	if cfg.Country == nil {
		cfg.Country = func(*http.Request) string { return "" }
	}
	g := &Authorizer{
		cfg: cfg, next: next, verifier: token.NewVerifier(cfg.Keys),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_playback_verdicts_total",
			Help: "Requests for streams that need a token, and verdicts for edges: allowed, or why not.",
		}, []string{"verdict"}),
	}
	g.allowed = g.verdicts.WithLabelValues("allowed")
	for _, r := range token.Refusals {
		g.verdicts.WithLabelValues(string(r))
	}
	return g
}

func remote(r *http.Request) netip.Addr {
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return a.Addr().Unmap()
}

// ServeHTTP lets a request through, or answers it. What goes through has no token any
// more.
func (g *Authorizer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	tokenPath := strings.HasPrefix(path, Prefix)
	trusted := g.cfg.Trusting && !strings.Contains(r.URL.RawQuery, "token=")
	if !tokenPath && (trusted || !g.cfg.Policy.some.Load() || !g.cfg.Policy.Guarded(streamOf(path))) {
		g.next.ServeHTTP(w, r)
		return
	}
	want := read(path, r.URL.RawQuery, r.Header)
	if g.open(&want) || r.Method == http.MethodOptions { // preflights carry no credentials
		want.strip(r)
		g.next.ServeHTTP(w, r)
		return
	}
	ticket, err := g.verifier.Verify(want.text)
	if err == nil {
		err = g.allow(r, ticket, &want)
	}
	if err == nil && want.place == inQuery {
		err = g.redirect(w, r, ticket, &want)
		if err == nil {
			return
		}
	}
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	g.allowed.Inc()
	want.strip(r)
	if want.place == inHeader {
		answer := &private{ResponseWriter: w}
		g.next.ServeHTTP(answer, r)
		answer.keep() // an answer without a body may not have been written yet
		return
	}
	g.next.ServeHTTP(w, r)
}

// open reports whether anybody may have what is wanted. An edge that asks for verdicts
// hands on tickets in queries: the redirect names the screen.
func (g *Authorizer) open(w *wanted) bool {
	ticket := w.place == inQuery && playlist(w.path)
	return g.cfg.Trusting && !ticket || w.public || w.target.Stream == "" || !g.cfg.Policy.Guarded(w.target.Stream)
}

// allow checks a ticket's conditions and, unless a redirect will, its screens.
func (g *Authorizer) allow(r *http.Request, t *token.Verified, w *wanted) error {
	target := w.target
	if only := t.Recording(); only != "" && w.publication != "" && g.cfg.Holds != nil &&
		g.cfg.Holds(r.Context(), target.Stream, only, w.publication, w.file) {
		target.Recording = only
	}
	viewer := token.Viewer{Address: g.cfg.Address(r)}
	if t.WantsCountry() {
		viewer.Country = g.cfg.Country(r)
	}
	if t.WantsReferrer() {
		viewer.Referrer = referrer(r.Header)
	}
	if err := t.Allow(time.Now(), target, viewer); err != nil {
		return err
	}
	if t.Screens() == 0 || w.place == inQuery && t.Screen() == "" && playlist(w.path) {
		return nil
	}
	if !g.cfg.Screens.Allow(r.Context(), t.Session(), screenAt(t.Screen(), viewer.Address), t.Screens()) {
		return token.Screens
	}
	return nil
}

// screenAt is what counts as a screen: a player's own token at one address, so that handing
// on an address with the token in it takes another screen. A ticket that is used as it
// is has no player's name: all its players in one client's network are one.
func screenAt(screen string, a netip.Addr) string {
	return screen + "@" + clientnet.Addr(a).String()
}

// redirect answers a request that has its token in the query: the same path again, with
// the token in front. Where screens are counted, the first playlist gives the player a
// token of its own; one that comes with its old token in the path keeps its screen.
func (g *Authorizer) redirect(w http.ResponseWriter, r *http.Request, t *token.Verified, want *wanted) error {
	text := want.text
	if t.Screens() > 0 && t.Screen() == "" && playlist(want.path) {
		screen := newScreen()
		if old, err := g.verifier.Verify(want.old); err == nil && old.Screen() != "" && old.Session() == t.Session() {
			screen = old.Screen()
		}
		if !g.cfg.Screens.Allow(r.Context(), t.Session(), screenAt(screen, g.cfg.Address(r)), t.Screens()) {
			return token.Screens
		}
		// A ticket that leaves no room for the screen's name is used as it is: by address.
		if own, err := g.cfg.Keys.Sign(t.ForScreen(screen)); err == nil {
			text = own
		}
	}
	g.allowed.Inc()
	target := Prefix + text + (&url.URL{Path: want.path}).EscapedPath()
	if want.query != "" {
		target += "?" + want.query
	}
	h := w.Header()
	allowReading(h)
	httpcache.SetHeader(h, httpcache.Private)
	h["Location"] = []string{target}
	h["Content-Length"] = []string{"0"}
	w.WriteHeader(http.StatusFound)
	return nil
}

// newScreen is a name that nobody guesses.
func newScreen() string { return randomid.Base64URL(12) }

// Header values that every answer shares: they are never written to.
var (
	exposedHeaders = []string{RefusalHeader}
	jsonType       = []string{"application/json"}
	challenge      = []string{"Bearer"}
)

// RefusalHeader names why somebody may not watch, by a token.Refusal.
const RefusalHeader = "X-Playback-Refusal"

// allowReading lets players on any site read why they may not watch.
func allowReading(h http.Header) {
	cors.AllowAnyOrigin(h)
	cors.Expose(h, exposedHeaders)
}

func (g *Authorizer) refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal := g.describe(w.Header(), err)
	allowReading(w.Header())
	httpcache.SetHeader(w.Header(), httpcache.Private)
	body, _ := json.Marshal(struct { // cannot fail
		Refusal token.Refusal `json:"refusal"`
		Message string        `json:"message"`
	}{refusal, refusal.Error()})
	w.Header()["Content-Type"] = jsonType
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(refusal.Status())
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the player has gone
	}
}

// describe counts a refusal and names it in the header.
func (g *Authorizer) describe(h http.Header, err error) token.Refusal {
	refusal, ok := err.(token.Refusal)
	if !ok {
		refusal = token.Signature
	}
	g.verdicts.WithLabelValues(string(refusal)).Inc()
	h[RefusalHeader] = []string{string(refusal)}
	if refusal.Status() == http.StatusUnauthorized {
		h["Www-Authenticate"] = challenge
	}
	return refusal
}

// Describe implements prometheus.Collector, as does Collect.
func (g *Authorizer) Describe(ch chan<- *prometheus.Desc) { g.verdicts.Describe(ch) }

// Collect is described at Describe.
func (g *Authorizer) Collect(ch chan<- prometheus.Metric) { g.verdicts.Collect(ch) }

// Enter tells whether somebody may follow a stream otherwise than by its media, as its
// chat: nil, or a token.Refusal. Screens are not counted.
func (g *Authorizer) Enter(stream, ticket string, viewer token.Viewer) error {
	if !g.cfg.Policy.Guarded(stream) {
		return nil
	}
	t, err := g.verifier.Verify(ticket)
	if err != nil {
		return err
	}
	return t.Allow(time.Now(), token.Target{Stream: stream}, viewer)
}
