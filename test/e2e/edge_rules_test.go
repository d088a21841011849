//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/logtest"
)

// serveStub serves a handler until the test ends.
func serveStub(t testing.TB, h http.Handler) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { _ = server.Serve(l); close(done) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return l.Addr().String()
}

// stubOrigin answers as the origin does, and remembers what it was asked.
type stubOrigin struct {
	mu       sync.Mutex
	requests []*http.Request
	down     atomic.Bool // answers 503 to everything
	missing  atomic.Bool // later.m4s is not there
	meeting  atomic.Pointer[meeting]
	addr     string
}

// meeting holds playlists until so many are held at once.
type meeting struct {
	mu       sync.Mutex
	missing  int
	complete chan struct{}
}

func (m *meeting) join() {
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.complete)
	}
	m.mu.Unlock()
	select {
	case <-m.complete:
	case <-time.After(patience / 3): // the edge lets them through one at a time
	}
}

func (m *meeting) met() bool {
	select {
	case <-m.complete:
		return true
	default:
		return false
	}
}

func newStubOrigin(t testing.TB) *stubOrigin {
	o := &stubOrigin{}
	o.addr = serveStub(t, o)
	return o
}

func (o *stubOrigin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.requests = append(o.requests, r)
	o.mu.Unlock()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Origin-Secret", r.Header.Get("X-Origin-Secret")) // must not get out
	switch path := r.URL.Path; {
	case o.down.Load():
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
	case path == "/playback/authorize":
		o.authorize(w, r)
	case strings.HasSuffix(path, ".m3u8"):
		o.playlist(w, r)
	case strings.HasSuffix(path, "/later.m4s") && o.missing.Load():
		h.Set("Cache-Control", "public, max-age=1")
		w.WriteHeader(http.StatusNotFound)
	case strings.HasSuffix(path, ".m4s"):
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Etag", `"m"`)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("0123456789"))
	case path == "/cmcd":
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %d", r.Method, len(body))
	default:
		h.Set("Cache-Control", "no-store")
		_, _ = fmt.Fprint(w, r.URL.RequestURI())
	}
}

func (o *stubOrigin) authorize(w http.ResponseWriter, r *http.Request) {
	uri := r.Header.Get("X-Original-URI")
	switch {
	case strings.HasSuffix(uri, "/status.json") || strings.Contains(uri, "/t/good.a.b/live/") || strings.Contains(uri, "/t/one.a.b/live/s/recordings/r1/") || r.Header.Get("Authorization") == "Bearer good.a.b":
		w.Header().Set("Cache-Control", "max-age=10")
		w.WriteHeader(http.StatusNoContent)
	case strings.Contains(uri, "/t/elsewhere."):
		w.Header().Set("Cache-Control", "max-age=1")
		w.WriteHeader(http.StatusForbidden)
	default:
		w.Header().Set("Cache-Control", "max-age=1")
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// playlist takes a while, as one does that waits for a part.
func (o *stubOrigin) playlist(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.URL.Query().Has("token") {
		h.Set("Cache-Control", "no-store")
		h.Set("Location", "/t/own.a.b"+r.URL.Path)
		w.WriteHeader(http.StatusFound)
		return
	}
	h.Set("Cache-Control", "public, max-age=0, s-maxage=1")
	if r.URL.Query().Has("_HLS_msn") {
		if m := o.meeting.Load(); m != nil {
			m.join()
		} else {
			pause(300 * time.Millisecond)
		}
		h.Set("Cache-Control", "public, max-age=4")
	}
	h.Set("Vary", "Accept-Encoding")
	text := "#EXTM3U\n" + r.URL.RawQuery + "\n"
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		text = b.String()
	}
	_, _ = io.WriteString(w, text)
}

// asked forgets what was asked and returns it.
func (o *stubOrigin) asked() []*http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.requests
	o.requests = nil
	return list
}

// ask sends a request and returns status, header and body.
func (e *edgeProcess) ask(t testing.TB, method, uri string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+e.addr+uri, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := http.Transport{DisableCompression: true, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

func eachEdge(t *testing.T, test func(t *testing.T, e *edgeProcess, o *stubOrigin), options ...string) {
	t.Helper()
	for _, product := range edgeProducts {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			o := newStubOrigin(t)
			test(t, startEdge(t, product, o.addr, options...), o)
		})
	}
}

// Queries that a cache doesn't know make no new objects, and don't reach the origin.
func TestEdgeCollapsesAndIgnoresQueries(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		o.asked()
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				code, _, body := e.ask(t, "GET", fmt.Sprintf("/live/s/v.m3u8?x=%d&_HLS_part=3&CMCD=a%%2Cb&_HLS_msn=7&token%d=1", i, i))
				if code != 200 || body != "#EXTM3U\n_HLS_msn=7&_HLS_part=3\n" {
					t.Errorf("%d %q", code, body)
				}
			})
		}
		group.Wait()
		for i := range 100 {
			if code, _, body := e.ask(t, "GET", fmt.Sprintf("/live/s/p/v/1.m4s?x=%d", i)); code != 200 || body != "0123456789" {
				t.Errorf("%d %q", code, body)
			}
		}
		if asked := o.asked(); len(asked) != 2 || asked[1].URL.RawQuery != "" {
			t.Errorf("%d requests at the origin: %v", len(asked), asked)
		}
		// Different positions don't wait for each other.
		all := &meeting{missing: 10, complete: make(chan struct{})}
		o.meeting.Store(all)
		for i := range 10 {
			group.Go(func() { e.ask(t, "GET", fmt.Sprintf("/live/s/v.m3u8?_HLS_msn=%d", 10+i)) })
		}
		group.Wait()
		o.meeting.Store(nil)
		if !all.met() {
			t.Error("ten reloads were not at the origin at once")
		}
	})
}

// One object for gzip, one without; ranges, HEAD and conditions are served from it.
func TestEdgeServesEncodingsRangesAndHead(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		o.asked()
		for _, encoding := range []string{"gzip", "gzip, deflate, br", "br;q=1, gzip;q=0.5", "", "identity", "gzip;q=0"} {
			_, h, body := e.ask(t, "GET", "/live/s/v.m3u8?_HLS_msn=1", "Accept-Encoding", encoding)
			want := strings.Contains(encoding, "gzip") && !strings.HasSuffix(encoding, "gzip;q=0")
			if got := h.Get("Content-Encoding") == "gzip"; got != want || got == strings.HasPrefix(body, "#EXTM3U") {
				t.Errorf("Accept-Encoding %q: %v %q", encoding, h, body)
			}
		}
		if asked := o.asked(); len(asked) != 2 {
			t.Errorf("%d requests for two encodings", len(asked))
		}
		e.ask(t, "GET", "/live/s/p/v/1.m4s")
		code, h, body := e.ask(t, "GET", "/live/s/p/v/1.m4s", "Range", "bytes=2-4")
		if code != 206 || body != "234" || h.Get("Content-Range") != "bytes 2-4/10" {
			t.Errorf("range: %d %v %q", code, h, body)
		}
		if code, h, body = e.ask(t, "HEAD", "/live/s/p/v/1.m4s"); code != 200 || body != "" || h.Get("Content-Length") != "10" {
			t.Errorf("HEAD: %d %v %q", code, h, body)
		}
		if code, _, _ = e.ask(t, "GET", "/live/s/p/v/1.m4s", "If-None-Match", `"m"`); code != 304 {
			t.Errorf("If-None-Match: %d", code)
		}
		if code, h, body = e.ask(t, "GET", "/live/s/p/v/2.m4s", "Range", "bytes=0-0"); code != 206 || body != "0" {
			t.Errorf("range of what is not there yet: %d %v %q", code, h, body)
		}
		asked := o.asked()
		if len(asked) != 2 || asked[1].Header.Get("Range") != "" {
			t.Errorf("%d requests at the origin for two segments", len(asked))
		}
		if code, h, _ = e.ask(t, "OPTIONS", "/live/s/v.m3u8"); code != 204 || h.Get("Access-Control-Allow-Methods") == "" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("OPTIONS: %d %v", code, h)
		}
		if _, h, _ = e.ask(t, "GET", "/live/s/p/v/1.m4s"); len(h["Access-Control-Allow-Origin"]) != 1 || h.Get("X-Origin-Secret") != "" || h.Get("X-Edge-Url") != "" {
			t.Errorf("%v", h)
		}
	})
}

// Tokens stay out of keys, of requests to the origin and of logs; what viewers claim of
// themselves does not reach it.
func TestEdgeHidesTokensAndClaims(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		log := e.accessLog(t)
		o.asked()
		for i := range 5 {
			code, _, _ := e.ask(t, "GET", fmt.Sprintf("/t/secret%d.token.x/live/s/p/v/1.m4s?token=secretive", i),
				"X-Forwarded-For", "6.6.6.6", "X-Origin-Secret", "guess", "Cookie", "lightstick_token=secretive", "Forwarded", "for=6.6.6.6")
			if code != 200 {
				t.Errorf("%d", code)
			}
		}
		e.ask(t, "GET", "/live/s/steering.json?_HLS_pathway=a", "CF-IPCountry", "KR", "X-Forwarded-For", "6.6.6.6", "X-Origin-Secret", "guess", "Forwarded", "for=6.6.6.6")
		asked := o.asked()
		if len(asked) != 2 {
			t.Fatalf("%d requests", len(asked))
		}
		for _, r := range asked {
			if r.Header.Get("X-Origin-Secret") != stubSecret || r.Header.Get("X-Forwarded-For") != "127.0.0.1" || r.Header.Get("Forwarded") != "" || r.Header.Get("CF-IPCountry") != "" ||
				r.Header.Get("Cdn-Loop") != "lightstick-edge" {
				t.Errorf("%s: %v", r.URL, r.Header)
			}
		}
		if asked[0].URL.RequestURI() != "/live/s/p/v/1.m4s" || asked[0].Header.Get("Cookie") != "" || asked[1].URL.RequestURI() != "/live/s/steering.json?_HLS_pathway=a" {
			t.Errorf("%s %v, %s", asked[0].URL, asked[0].Header, asked[1].URL)
		}
		if code, _, _ := e.ask(t, "GET", "/live/s/v.m3u8", "CDN-Loop", "other, lightstick-edge"); code != 508 {
			t.Errorf("a loop: %d", code)
		}
		eventually(t, "the log has the requests", func() bool { return strings.Count(log(), `"uri":"/live/s/p/v/1.m4s","status":200,`) == 5 })
		if text := log() + e.log.String(); strings.Contains(text, "secret") || strings.Contains(text, "6.6.6.6") {
			t.Errorf("the log tells too much:\n%s", text)
		}
	})
}

// accessLog reads the edge's log of requests.
func (e *edgeProcess) accessLog(t testing.TB) func() string {
	t.Helper()
	if e.product == "nginx" {
		return func() string {
			text, _ := os.ReadFile(filepath.Join(e.dir, "access.log"))
			return string(text)
		}
	}
	conf, err := os.ReadFile(filepath.Join(e.dir, "varnish.conf"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(conf), "varnishncsa -F '")
	format, _, ok := strings.Cut(rest, "'\n")
	if !ok {
		t.Fatal("the configuration does not say how to log")
	}
	cmd := exec.Command("varnishncsa", "-n", filepath.Join(e.dir, "v"), "-F", format)
	log := &logtest.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "varnishncsa logs", func() bool {
		e.ask(t, "GET", "/healthz")
		return strings.Contains(log.String(), "/healthz")
	})
	return log.String
}

// A refusal is forgotten within a second, a failure at once; media outlive their origin.
func TestEdgeForgetsFailures(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		o.missing.Store(true)
		for range 20 {
			if code, _, _ := e.ask(t, "GET", "/live/s/p/v/later.m4s"); code != 404 {
				t.Fatal(code)
			}
		}
		if n := len(o.asked()); n > 3 {
			t.Errorf("%d requests for what isn't there", n)
		}
		o.missing.Store(false)
		eventually(t, "a 404 is forgotten", func() bool {
			code, _, _ := e.ask(t, "GET", "/live/s/p/v/later.m4s")
			return code == 200
		})
		o.down.Store(true)
		if code, _, _ := e.ask(t, "GET", "/live/s/p/v/later.m4s"); code != 200 {
			t.Errorf("media without the origin: %d", code)
		}
		if code, _, _ := e.ask(t, "GET", "/live/s/other.m3u8"); code < 500 {
			t.Errorf("a playlist without the origin: %d", code)
		}
		pause(1500 * time.Millisecond) // longer than any live playlist may be kept
		if code, _, _ := e.ask(t, "GET", "/live/s/v.m3u8"); code < 500 {
			t.Errorf("a stale playlist: %d", code)
		}
		o.down.Store(false)
		if code, _, body := e.ask(t, "GET", "/live/s/v.m3u8"); code != 200 || !strings.HasPrefix(body, "#EXTM3U") {
			t.Errorf("after the failure: %d %q", code, body)
		}
	})
}

// The origin's verdict decides, and is asked for once.
func TestEdgeAsksForVerdicts(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		o.asked()
		for range 20 {
			if code, _, _ := e.ask(t, "GET", "/t/good.a.b/live/s/p/v/1.m4s"); code != 200 {
				t.Fatal(code)
			}
			if code, _, _ := e.ask(t, "GET", "/t/good.a.b/live/s/v.m3u8?_HLS_msn=3"); code != 200 {
				t.Fatal(code)
			}
		}
		asked := o.asked()
		if len(asked) != 4 {
			t.Errorf("%d requests for two verdicts, on playlists and on media, and two objects", len(asked))
		}
		for _, r := range asked {
			if verdict := r.URL.Path == "/playback/authorize"; verdict != (r.Header.Get("X-Original-Uri") != "") || strings.Contains(r.URL.String(), "good") {
				t.Errorf("%s %v", r.URL, r.Header)
			}
		}
		// What everybody may see, and a token for one recording, open nothing else.
		for i, uri := range []string{
			"/live/s/status.json", "/live/s/index.m3u8", "/live/s/p/v/1.m4s", "/t/one.a.b/live/s/recordings/r1/p/1.m4s",
			"/t/one.a.b/live/s/recordings/r2/p/1.m4s", "/t/one.a.b/live/s/index.m3u8", "/t/one.a.b/live/s/p/v/1.m4s",
		} {
			if code, _, _ := e.ask(t, "GET", uri); code != map[bool]int{true: 200, false: 401}[i%3 == 0 && i < 4] {
				t.Errorf("%s: %d", uri, code)
			}
		}
		for token, want := range map[string]int{"/t/bad.a.b": 401, "": 401, "/t/elsewhere.a.b": 403} {
			code, h, body := e.ask(t, "GET", token+"/live/s/p/v/1.m4s")
			if code != want || h.Get("Access-Control-Allow-Origin") != "*" || strings.Contains(body, "0123") {
				t.Errorf("%q: %d %v %q", token, code, h, body)
			}
			if code, _, _ := e.ask(t, "GET", token+"/live/s/v.m3u8?_HLS_msn=3"); code != want {
				t.Errorf("%q, playlist: %d", token, code)
			}
		}
		if code, _, _ := e.ask(t, "GET", "/live/s/p/v/1.m4s", "Authorization", "Bearer good.a.b"); code != 200 {
			t.Errorf("a bearer token: %d", code)
		}
		// A ticket is for the origin: it makes a token for each player of it.
		o.asked()
		for range 2 {
			code, h, _ := e.ask(t, "GET", "/t/old.a.b/live/s/v.m3u8?token=good.a.b&_HLS_skip=YES")
			if code != 302 || h.Get("Location") != "/t/own.a.b/t/old.a.b/live/s/v.m3u8" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("token in the query: %d %v", code, h)
			}
		}
		if asked := o.asked(); len(asked) != 2 || asked[0].URL.RawQuery != "token=good.a.b&_HLS_skip=YES" {
			t.Errorf("tickets at the origin: %v", asked)
		}
	}, "--verify", "origin")
}

// What belongs to one viewer is passed on and not kept; what is nobody's is not there.
func TestEdgePassesTheRest(t *testing.T) {
	t.Parallel()
	eachEdge(t, func(t *testing.T, e *edgeProcess, o *stubOrigin) {
		for _, uri := range []string{"/watch/s?x=1", "/live/s/steering.json?a=b", "/steering.json?a=b", "/"} {
			for range 2 {
				if code, _, body := e.ask(t, "GET", uri); code != 200 || body != uri {
					t.Errorf("%s: %d %q", uri, code, body)
				}
			}
		}
		if n := len(o.asked()); n < 8 {
			t.Errorf("%d of 8 requests passed", n)
		}
		for _, uri := range []string{"/metrics", "/api/v1/streams", "/playback/authorize", "/debug/pprof/", "/liveness"} {
			if code, _, _ := e.ask(t, "GET", uri); code != 404 {
				t.Errorf("%s: %d", uri, code)
			}
		}
		answer, err := http.Post("http://"+e.addr+"/cmcd", "application/json", strings.NewReader("12345"))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if body, _ := io.ReadAll(answer.Body); string(body) != "POST 5" {
			t.Errorf("POST /cmcd: %d %q", answer.StatusCode, body)
		}
	})
}

// Varnish forgets a stream or a recording when it is told to.
func TestVarnishBan(t *testing.T) {
	t.Parallel()
	o := newStubOrigin(t)
	e := startEdge(t, "varnish", o.addr)
	paths := []string{"/live/a/p/v/1.m4s", "/live/ab/p/v/1.m4s", "/live/a/recordings/r1/p/1.m4s"}
	fetch := func() int {
		for _, path := range paths {
			e.ask(t, "GET", path)
		}
		return len(o.asked())
	}
	if n := fetch() + fetch(); n != 3 {
		t.Fatalf("%d requests before", n)
	}
	for _, tt := range []struct {
		name, value string
		code, again int
	}{
		{"X-Purge-Recording", "a/r1", 200, 1}, {"X-Purge-Publication", "a/p", 200, 1}, {"X-Purge-Stream", "a", 200, 2}, {"X-Purge-Stream", "a && obj.ttl > 0s", 400, 0}, {"X-Other", "a", 400, 0},
	} {
		if code, _, _ := e.ask(t, "BAN", "/", tt.name, tt.value); code != tt.code {
			t.Errorf("%s: %s: %d", tt.name, tt.value, code)
		}
		if n := fetch(); n != tt.again {
			t.Errorf("%s: %s: %d objects had gone, want %d", tt.name, tt.value, n, tt.again)
		}
	}
}

// The names by which nginx asks itself are in no viewer's reach, whoever hands on their
// requests: they lead past the tokens, to objects of any name.
func TestNginxOwnNamesAreItsOwn(t *testing.T) {
	t.Parallel()
	o := newStubOrigin(t)
	e := startEdge(t, "nginx", o.addr, "--verify", "origin")
	o.asked()
	for _, name := range []string{"flight", "more", "again", "last"} {
		r, err := http.NewRequest("GET", "http://"+e.addr+"/live/s/p/v/1.m4s", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = name + ".invalid"
		r.Header.Set("X-Edge-Object", "/live/s/v.m3u8|||||||")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
	for _, r := range o.asked() {
		if r.URL.Path != "/playback/authorize" {
			t.Errorf("%s was asked for", r.URL)
		}
	}
}
