package playbackauth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/cdn/session"
	"github.com/globalfandom/lightstick/cdn/token"
)

// house is an authorizer before a handler that says which address it sees.
type house struct {
	t    testing.TB
	gate *Authorizer
	keys *token.Keys
	log  bytes.Buffer
	seen string // the last address that went through
}

func newHouse(t testing.TB, change func(*Config)) *house {
	t.Helper()
	own, err := token.ParseBuiltIn(token.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t}
	if h.keys, err = token.NewKeys(own); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg := Config{
		Keys: h.keys, Policy: NewPolicy(true), Screens: session.New(session.NewMemory(), nil, logger),
		Country: func(r *http.Request) string { return r.Header.Get("X-Country") },
	}
	if change != nil {
		change(&cfg)
	}
	h.gate = New(cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.seen = r.RequestURI
		if h.seen != r.URL.RequestURI() {
			t.Errorf("RequestURI %q, URL %q", h.seen, r.URL.RequestURI())
		}
		w.Header().Set("Cache-Control", "public, max-age=4")
		fmt.Fprint(w, "media")
	}))
	return h
}

func (h *house) sign(c token.Claims) string {
	h.t.Helper()
	if c.Subject == "" {
		c.Subject = "show"
	}
	if c.Expires == nil {
		c.Expires = token.Date(time.Now().Add(time.Hour))
	}
	text, err := h.keys.Sign(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// from is the address of a viewer.
type from string

// get asks for a path; headers come in pairs, a from says who asks.
func (h *house) get(path string, more ...any) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = "203.0.113.7:4711"
	return h.do(r, h.gate.ServeHTTP, more...)
}

func (h *house) do(r *http.Request, handler http.HandlerFunc, more ...any) *httptest.ResponseRecorder {
	for i := 0; i < len(more); i++ {
		switch v := more[i].(type) {
		case from:
			r.RemoteAddr = string(v) + ":4711"
		case string:
			i++
			r.Header.Set(v, more[i].(string))
		}
	}
	h.seen = ""
	w := httptest.NewRecorder()
	handler(w, r)
	return w
}

func TestTransports(t *testing.T) {
	h := newHouse(t, nil)
	text := h.sign(token.Claims{})
	const playlist = "/live/show/720p.m3u8?_HLS_msn=7&_HLS_part=2"
	for name, ask := range map[string]func() *httptest.ResponseRecorder{
		"path":            func() *httptest.ResponseRecorder { return h.get("/t/" + text + playlist) },
		"bearer":          func() *httptest.ResponseRecorder { return h.get(playlist, "Authorization", "bearer "+text) },
		"cookie":          func() *httptest.ResponseRecorder { return h.get(playlist, "Cookie", "a=b; lightstick_token="+text) },
		"path, and empty": func() *httptest.ResponseRecorder { return h.get("/t/" + text + playlist + "&token=") },
	} {
		w := ask()
		if w.Code != http.StatusOK || h.seen != playlist {
			t.Errorf("%s: %d %s; the origin saw %q", name, w.Code, w.Body, h.seen)
		}
		want := "public, max-age=4"
		if name == "bearer" || name == "cookie" {
			want = "private, max-age=4" // the address is everybody's
		}
		if c := w.Header().Get("Cache-Control"); c != want {
			t.Errorf("%s: Cache-Control %q, want %q", name, c, want)
		}
	}
	w := h.get("/live/show/index.m3u8?start=5&token=" + text + "&CMCD=x")
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/t/"+text+"/live/show/index.m3u8?start=5&CMCD=x" ||
		w.Header().Get("Cache-Control") != "no-store" || h.seen != "" {
		t.Errorf("query: %d %v", w.Code, w.Header())
	}
	// Streams of any script, and what only looks like one.
	korean := h.sign(token.Claims{Subject: "무대"})
	if w := h.get("/live/%EB%AC%B4%EB%8C%80/index.m3u8?token=" + korean); w.Header().Get("Location") != "/t/"+korean+"/live/%EB%AC%B4%EB%8C%80/index.m3u8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if h.get("/t/" + korean + "/live/%EB%AC%B4%EB%8C%80/index.m3u8"); h.seen != "/live/%EB%AC%B4%EB%8C%80/index.m3u8" {
		t.Errorf("the origin saw %q", h.seen)
	}
}

func TestRefusals(t *testing.T) {
	h := newHouse(t, nil)
	expired := h.sign(token.Claims{Expires: token.Date(time.Now().Add(-time.Minute))})
	forged := strings.TrimRight(h.sign(token.Claims{}), "AQgw") + "xx"
	tests := []struct {
		name, path string
		more       []any
		code       int
		refusal    token.Refusal
	}{
		{"nothing", "/live/show/index.m3u8", nil, 401, token.Missing},
		{"nothing, for media", "/live/show/p/720p/7.m4s", nil, 401, token.Missing},
		{"nothing, for a preview picture", "/live/show/p/preview/7.jpg", nil, 401, token.Missing},
		{"nothing, for a recording's picture", "/live/show/recordings/r/poster.jpg", nil, 401, token.Missing},
		{"empty", "/t//live/show/index.m3u8", nil, 401, token.Missing},
		{"rubbish", "/t/%00%FF../live/show/index.m3u8", nil, 401, token.Signature},
		{"forged", "/t/" + forged + "/live/show/index.m3u8", nil, 401, token.Signature},
		{"basic", "/live/show/index.m3u8", []any{"Authorization", "Basic " + h.sign(token.Claims{})}, 401, token.Missing},
		{"expired", "/live/show/index.m3u8?token=" + expired, nil, 401, token.Expired},
		{"early", "/t/" + h.sign(token.Claims{NotBefore: token.Date(time.Now().Add(time.Minute))}) + "/live/show/index.m3u8", nil, 401, token.Early},
		{"another stream", "/t/" + h.sign(token.Claims{}) + "/live/other/index.m3u8", nil, 403, token.Stream},
		{"another recording", "/t/" + h.sign(token.Claims{Recording: "r1"}) + "/live/show/recordings/r2/index.m3u8", nil, 403, token.Stream},
		{"replayed from elsewhere", "/t/" + h.sign(token.Claims{IP: "203.0.113.0/24"}) + "/live/show/index.m3u8", []any{from("198.51.100.1")}, 403, token.Address},
		{"another country", "/t/" + h.sign(token.Claims{Country: []string{"KR"}}) + "/live/show/index.m3u8", []any{"X-Country", "US"}, 403, token.Country},
		{"another site", "/t/" + h.sign(token.Claims{Referrers: []string{"example.com"}}) + "/live/show/index.m3u8", []any{"Referer", "https://evil.org/example.com"}, 403, token.Referrer},
		{"no site", "/t/" + h.sign(token.Claims{Referrers: []string{"example.com"}}) + "/live/show/index.m3u8", []any{"Origin", "null"}, 403, token.Referrer},
	}
	missing := 0
	for _, tt := range tests {
		if tt.refusal == token.Missing {
			missing++
		}
		t.Run(tt.name, func(t *testing.T) {
			w := h.get(tt.path, tt.more...)
			var body struct{ Refusal, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			head := w.Header()
			if w.Code != tt.code || body.Refusal != string(tt.refusal) || head.Get(RefusalHeader) != body.Refusal || body.Message == "" || h.seen != "" {
				t.Errorf("%d %s %v; the origin saw %q", w.Code, w.Body, head, h.seen)
			}
			if head.Get("Cache-Control") != "no-store" || head.Get("Access-Control-Allow-Origin") != "*" ||
				(tt.code == 401) != (head.Get("Www-Authenticate") != "") {
				t.Errorf("%v", head)
			}
		})
	}
	if n := testutil.ToFloat64(h.gate.verdicts.WithLabelValues("missing")); n != float64(missing) {
		t.Errorf("%v refusals are counted as missing, want %d", n, missing)
	}
}

func TestWhatNeedsNoToken(t *testing.T) {
	policy := NewPolicy(true)
	policy.Set(map[string]bool{"open": false})
	h := newHouse(t, func(c *Config) { c.Policy = policy })
	for _, path := range []string{"/live/show/status.json", "/live/open/index.m3u8", "/live/open/index.m3u8?token=rubbish"} {
		if w := h.get(path); w.Code != http.StatusOK || h.seen != path {
			t.Errorf("%s: %d; the origin saw %q", path, w.Code, h.seen)
		}
	}
	for path, want := range map[string]string{
		"/t/rubbish/live/open/index.m3u8":   "/live/open/index.m3u8",
		"/t/rubbish/live/show/status.json":  "/live/show/status.json",
		"/t/rubbish/api/v1/streams":         "/api/v1/streams", // the origin knows nothing there
		"/t/rubbish":                        "/",
		"/live/show/status.json?token=x&a=": "/live/show/status.json?a=",
	} {
		if w := h.get(path); w.Code != http.StatusOK || h.seen != want {
			t.Errorf("%s: %d; the origin saw %q", path, w.Code, h.seen)
		}
	}
	r := httptest.NewRequest("OPTIONS", "/live/show/index.m3u8", nil)
	if w := h.do(r, h.gate.ServeHTTP); w.Code != http.StatusOK {
		t.Errorf("a preflight: %d", w.Code)
	}
	policy.Set(map[string]bool{"open": true})
	if w := h.get("/live/OPEN/index.m3u8"); w.Code != http.StatusUnauthorized {
		t.Errorf("%d", w.Code)
	}
}

// TestRecordingsMedia asks with a token for one recording for what lies beside others'.
func TestRecordingsMedia(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Holds = func(_ context.Context, stream, recording, publication, file string) bool {
			name := stream + " " + recording + " " + publication + " " + file
			return name == "show r1 pub 7.m4s" || name == "show r1 pub 7.json"
		}
	})
	pass := "/t/" + h.sign(token.Claims{Recording: "r1"}) + "/live/"
	for path, want := range map[string]int{
		"show/recordings/r1/index.m3u8": 200, "show/recordings/r1/poster.jpg": 200, "show/pub/720p/7.m4s": 200,
		"show/recordings/r2/index.m3u8": 403, "show/pub/720p/8.m4s": 403, "show/pub/preview/7.jpg": 403, "show/other/720p/7.m4s": 403, "other/pub/720p/7.m4s": 403,
		"show/recordings/r1/chat/index.json": 200, "show/recordings/r1/chat/7.json": 200, "show/pub/chat/7.json": 200,
		"show/recordings/r2/chat/index.json": 403, "show/pub/chat/8.json": 403, "show/chat/index.json": 403, "show/chat/7.json": 403,
		"show/index.m3u8": 403, "show/720p.m3u8": 403, "show/recordings": 403, "show/recordings/": 403,
	} {
		if w := h.get(pass + path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestTrustingTheEdge(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Trusting = true })
	for path, want := range map[string]string{
		"/live/show/index.m3u8":           "/live/show/index.m3u8",
		"/t/rubbish/live/show/index.m3u8": "/live/show/index.m3u8",
		"/live/show/p/v/1.m4s?token=a":    "/live/show/p/v/1.m4s",
	} {
		if w := h.get(path); w.Code != http.StatusOK || h.seen != want {
			t.Errorf("%s: %d; the origin saw %q", path, w.Code, h.seen)
		}
	}
	if w := h.ask("/live/show/index.m3u8"); w.Code != http.StatusUnauthorized {
		t.Errorf("an edge that asks nevertheless: %d", w.Code)
	}
	// Tickets become tokens of one screen here, whoever verifies those.
	ticket := h.sign(token.Claims{Screens: 1, Session: "s"})
	for path, want := range map[string]int{
		"/live/show/index.m3u8?token=" + ticket: http.StatusFound, "/live/show/index.m3u8?token=rubbish": http.StatusUnauthorized,
	} {
		if w := h.get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// exchange opens a ticket as a player does: the token in the query, then the redirect.
func (h *house) exchange(path string, more ...any) string {
	h.t.Helper()
	w := h.get(path, more...)
	if w.Code != http.StatusFound {
		return w.Header().Get(RefusalHeader)
	}
	own := w.Header().Get("Location")
	if w := h.get(own, more...); w.Code != http.StatusOK {
		h.t.Errorf("%s: %d %s", own, w.Code, w.Body)
	}
	return own
}

func TestScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		const tv, phone, friend = from("203.0.113.7"), from("203.0.113.7"), from("198.51.100.1")
		open := "/live/show/index.m3u8?token=" + h.sign(token.Claims{Session: "t1", Screens: 2})
		first, second := h.exchange(open, tv), h.exchange(open, phone)
		if !strings.HasPrefix(first, "/t/") || first == second {
			t.Fatalf("%q and %q", first, second)
		}
		if got := h.exchange(open, friend); got != "screens" {
			t.Errorf("a third player: %q", got)
		}
		if got := h.exchange("/live/show/index.m3u8?token="+h.sign(token.Claims{Session: "t1", Screens: 2, ID: "other"}), friend); got != "screens" {
			t.Errorf("a second token of the ticket: %q", got)
		}
		// Handing on the player's own address takes a screen as well.
		if w := h.get(first, friend); w.Header().Get(RefusalHeader) != "screens" {
			t.Errorf("a copied address: %d", w.Code)
		}
		// So does the ticket itself, in any other form.
		bare := h.sign(token.Claims{Session: "t1", Screens: 2})
		if w := h.get("/live/show/index.m3u8", "Authorization", "Bearer "+bare, friend); w.Header().Get(RefusalHeader) != "screens" {
			t.Errorf("the bare ticket: %d", w.Code)
		}
		// A player that is given a fresh token in time keeps its screen.
		fresh := strings.Replace(first, "index.m3u8", "index.m3u8?token="+h.sign(token.Claims{Session: "t1", Screens: 2, ID: "fresh"}), 1)
		renewed := h.exchange(fresh, tv)
		if !strings.HasPrefix(renewed, "/t/") || renewed == first {
			t.Errorf("renewed: %q", renewed)
		}
		// One leaves; the other goes on. 30 s later there is room.
		for range 16 {
			time.Sleep(2 * time.Second)
			if w := h.get(renewed, tv); w.Code != http.StatusOK {
				t.Fatalf("the one that stays: %d %s", w.Code, w.Body)
			}
		}
		if got := h.exchange(open, friend); !strings.HasPrefix(got, "/t/") {
			t.Errorf("after one has left: %q", got)
		}
		if w := h.get(second, phone); w.Header().Get(RefusalHeader) != "screens" {
			t.Errorf("the one that left: %d", w.Code)
		}
	})
}

// TestTicketItself uses a ticket without the redirect: all at one address are one screen.
func TestTicketItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		path := "/t/" + h.sign(token.Claims{Session: "t1", Screens: 1}) + "/live/show/index.m3u8"
		for _, tt := range []struct {
			who  from
			code int
		}{{"203.0.113.7", 200}, {"203.0.113.7", 200}, {"198.51.100.1", 403}} {
			if w := h.get(path, tt.who); w.Code != tt.code {
				t.Errorf("%s: %d", tt.who, w.Code)
			}
		}
		v6 := "/t/" + h.sign(token.Claims{Session: "t2", Screens: 1}) + "/live/show/index.m3u8"
		for _, tt := range []struct {
			who  from
			code int
		}{{"[2001:db8::1]", 200}, {"[2001:db8::2]", 200}, {"[2001:db8:0:1::1]", 403}} {
			if w := h.get(v6, tt.who); w.Code != tt.code {
				t.Errorf("%s: %d", tt.who, w.Code)
			}
		}
	})
}

func (h *house) ask(uri string, more ...any) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", AuthorizePath, nil)
	r.RemoteAddr = "203.0.113.7:4711"
	r.Header.Set("X-Original-URI", uri)
	return h.do(r, h.gate.Authorize, more...)
}

func TestAuthorize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := NewPolicy(true)
		policy.Set(map[string]bool{"open": false})
		h := newHouse(t, func(c *Config) { c.Policy = policy })
		text := h.sign(token.Claims{IP: "203.0.113.7"})
		brief := h.sign(token.Claims{Expires: token.Date(time.Now().Add(4 * time.Second))})
		one := h.sign(token.Claims{Session: "t", Screens: 1})
		tests := []struct {
			name, uri string
			more      []any
			code      int
			cache     string
		}{
			{"path", "/t/" + text + "/live/show/720p.m3u8?_HLS_msn=3", nil, 204, "max-age=10"},
			{"query", "/live/show/index.m3u8?token=" + text, nil, 204, "max-age=10"},
			{"bearer", "/live/show/p/v/1.m4s", []any{"Authorization", "Bearer " + text}, 204, "max-age=10"},
			{"cookie", "/live/show/p/v/1.m4s", []any{"Cookie", Cookie + "=" + text}, 204, "max-age=10"},
			{"open stream", "/live/open/index.m3u8", nil, 204, "max-age=10"},
			{"status", "/live/show/status.json", nil, 204, "max-age=10"},
			{"about to expire", "/t/" + brief + "/live/show/index.m3u8", nil, 204, "max-age=4"},
			{"first screen", "/t/" + one + "/live/show/index.m3u8", nil, 204, "max-age=10"},
			{"second screen", "/t/" + one + "/live/show/index.m3u8", []any{from("198.51.100.1")}, 403, "max-age=1"},
			{"nothing", "/live/show/index.m3u8", nil, 401, "max-age=1"},
			{"elsewhere", "/t/" + text + "/live/show/index.m3u8", []any{from("198.51.100.1")}, 403, "max-age=1"},
			{"no stream", "/t/" + text + "/api/v1/streams", nil, 403, "max-age=1"},
			{"dots", "/t/" + text + "/live/../show/index.m3u8", nil, 403, "max-age=1"},
			{"another stream behind an open one", "/live/open/../show/index.m3u8", nil, 403, "max-age=1"},
			{"the same with escapes", "/live/open/%2e%2e/show/index.m3u8", nil, 403, "max-age=1"},
			{"escaped slashes", "/live/open%2f..%2fshow/index.m3u8", nil, 403, "max-age=1"},
			{"another stream behind one's own", "/t/" + text + "/live/show/../other/index.m3u8", nil, 403, "max-age=1"},
			{"out of the token", "/t/" + text + "/live/show/a/../../../../../live/other/index.m3u8", nil, 403, "max-age=1"},
			{"two slashes", "/live/open//../show/index.m3u8", nil, 403, "max-age=1"},
			{"backslash", "/live/open/..%5c..%5cshow/index.m3u8", nil, 403, "max-age=1"},
			{"no address", "", nil, 400, "no-store"},
			{"rubbish", "show", nil, 400, "no-store"},
			{"long", "/live/" + strings.Repeat("a", maxOriginalURI), nil, 400, "no-store"},
		}
		for _, tt := range tests {
			w := h.ask(tt.uri, tt.more...)
			if w.Code != tt.code || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("%s: %d %v", tt.name, w.Code, w.Header())
			}
			if (tt.code == 401 || tt.code == 403) != (w.Header().Get(RefusalHeader) != "") {
				t.Errorf("%s: %v", tt.name, w.Header())
			}
		}
	})
}

// TestTokensStayOutOfLogsAndTexts greps all that an authorizer says.
func TestTokensStayOutOfLogsAndTexts(t *testing.T) {
	h := newHouse(t, nil)
	for name, text := range map[string]string{
		"good":    h.sign(token.Claims{}),
		"expired": h.sign(token.Claims{Expires: token.Date(time.Now().Add(-time.Hour))}),
		"screens": h.sign(token.Claims{Screens: 1}),
		"forged":  h.sign(token.Claims{}) + "x",
	} {
		for _, w := range []*httptest.ResponseRecorder{
			h.get("/t/" + text + "/live/show/index.m3u8"), h.get("/live/show/a.jpg?token=" + text), h.get("/live/show/index.m3u8", "Authorization", "Bearer "+text),
			h.ask("/t/" + text + "/live/show/index.m3u8"), h.ask(text),
		} {
			if strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %s", name, w.Body)
			}
			for field, values := range w.Header() {
				if field != "Location" && strings.Contains(fmt.Sprint(values), text) {
					t.Errorf("%s: %s: %s", name, field, values)
				}
			}
		}
		if strings.Contains(h.seen, text) || strings.Contains(h.log.String(), text) {
			t.Errorf("%s: %q, log %s", name, h.seen, &h.log)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("/t/a.b.c/live/show/index.m3u8", "token=x&token=y&start=1")
	f.Add("/t//live//", "token=")
	f.Add("/live/show/recordings/r/a.jpg", "")
	f.Fuzz(func(t *testing.T, path, query string) {
		w := read(path, query, nil)
		if strings.HasPrefix(path, Prefix) && len(w.path) >= len(path) {
			t.Errorf("%q became %q", path, w.path)
		}
		if strings.HasPrefix(w.query, "token=") || strings.Contains(w.query, "&token=") {
			t.Errorf("%q keeps %q", query, w.query)
		}
		if w.target.Stream != "" && !strings.HasPrefix(w.path, "/live/"+w.target.Stream+"/") {
			t.Errorf("%q is of %q", w.path, w.target.Stream)
		}
	})
}
