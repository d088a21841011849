package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// media answers like the origin; its answers say who asked what.
type media struct{ release chan struct{} }

func (m media) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Server"] = []string{"wire"}
	switch r.URL.Path {
	case "/live/large":
		body := bytes.Repeat([]byte("lightstick"), 100_000)
		w.Header()["Content-Length"] = []string{fmt.Sprint(len(body))}
		for _, part := range [][]byte{body[:400_000], body[400_000:400_001], body[400_001:]} {
			_, _ = w.Write(part)
		}
	case "/live/file":
		f, err := os.Open("doc.go")
		if err != nil {
			panic(err)
		}
		defer f.Close()
		http.ServeContent(w, r, "", time.Time{}, f)
	case "/live/held":
		<-m.release
		_, _ = io.WriteString(w, "held")
	case "/live/panic":
		panic("at once")
	case "/live/short":
		w.Header()["Content-Length"] = []string{"10"}
		_, _ = w.Write([]byte("short"))
	case "/live/unchanged":
		w.WriteHeader(http.StatusNotModified)
	case "/live/missing":
		http.Error(w, "not there", http.StatusNotFound)
	default:
		fmt.Fprintf(w, "%s %s?%s %s %v", r.Method, r.URL.Path, r.URL.RawQuery, r.Host, r.Header)
	}
}

// start serves media here and everything else by net/http.
func start(t *testing.T) (address string, m media, s *Server) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m = media{release: make(chan struct{})}
	s = Listen(inner, Config{
		Prefixes: []string{"/live/"}, Handler: m, HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, Log: slog.New(slog.DiscardHandler),
	})
	other := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Server", "net/http")
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
	})}
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	running.Go(func() { _ = other.Serve(s) })
	t.Cleanup(func() {
		_ = other.Close()
		_ = s.Shutdown(context.Background())
		running.Wait()
	})
	return inner.Addr().String(), m, s
}

// ask sends text on a connection of its own and reads so many answers.
func ask(t *testing.T, address, text string, answers int) []*http.Response {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(c)
	method, _, _ := strings.Cut(text, " ")
	var all []*http.Response
	for range answers {
		r, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		all = append(all, r)
	}
	return all
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnswers(t *testing.T) {
	address, _, _ := start(t)
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	const host = " HTTP/1.1\r\nHost: h\r\n"
	tests := []struct {
		name, request string
		code          int
		server, want  string
	}{
		{"plain", "GET /live/a?x=%20y" + host + "\r\n", 200, "wire", "GET /live/a?x=%20y h map[]"},
		{"fields", "GET /live/a" + host + "Accept-Encoding: gzip\r\ncookie: secret\r\n\r\n", 200, "wire", "GET /live/a? h map[Accept-Encoding:[gzip] Cookie:[secret]]"},
		{"head", "HEAD /live/a" + host + "\r\n", 200, "wire", ""},
		{"large", "GET /live/large" + host + "\r\n", 200, "wire", strings.Repeat("lightstick", 100_000)},
		{"file", "GET /live/file" + host + "\r\n", 200, "wire", string(doc)},
		{"range", "GET /live/file" + host + "Range: bytes=3-9\r\n\r\n", 206, "wire", string(doc[3:10])},
		{"not modified", "GET /live/unchanged" + host + "\r\n", 304, "wire", ""},
		{"error", "GET /live/missing" + host + "\r\n", 404, "wire", "not there\n"},
		{"another path", "GET /watch/a" + host + "\r\n", 200, "net/http", "GET /watch/a "},
		{"body", "POST /live/a" + host + "Content-Length: 3\r\n\r\nabc", 200, "net/http", "POST /live/a abc"},
		{"get with body", "GET /live/a" + host + "Content-Length: 3\r\n\r\nabc", 200, "net/http", "GET /live/a abc"},
		{"chunked", "GET /live/a" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "net/http", "GET /live/a "},
		{"escapes", "GET /live/%61" + host + "\r\n", 200, "net/http", "GET /live/a "},
		{"old protocol", "GET /live/a HTTP/1.0\r\n\r\n", 200, "net/http", "GET /live/a "},
		{"no host", "GET /live/a HTTP/1.1\r\n\r\n", 400, "", "400 Bad Request: missing required Host header"},
		{"two hosts", "GET /live/a" + host + "Host: i\r\n\r\n", 400, "", "400 Bad Request"},
		{"close", "GET /live/a" + host + "Connection: close\r\n\r\n", 200, "net/http", "GET /live/a "},
		{"long", "GET /live/a" + host + "X: " + strings.Repeat("y", maxRequest) + "\r\n\r\n", 200, "net/http", "GET /live/a "},
		{"a host that is none", "GET /live/a HTTP/1.1\r\nHost: h/../@evil\r\n\r\n", 400, "", "400 Bad Request: malformed Host header"},
		{"a host that may be one", "GET /live/a HTTP/1.1\r\nHost: h'(x)\r\n\r\n", 200, "net/http", "GET /live/a "},
		{"a NUL in the host", "GET /live/a HTTP/1.1\r\nHost: h\x00\r\n\r\n", 400, "", string(faultControl) + "\n"},
		{"absolute form", "GET http://evil/live/a" + host + "\r\n", 200, "net/http", "GET /live/a "},
		{"bare line feeds", "GET /live/a HTTP/1.1\nHost: h\n\n", 400, "", string(faultLineFeed) + "\n"},
		{"rubbish", "\x16\x03\x01\x02\x00\r\n\r\n", 400, "", string(faultControl) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := ask(t, address, tt.request, 1)[0]
			if got := body(t, r); r.StatusCode != tt.code || r.Header.Get("Server") != tt.server || got != tt.want {
				t.Errorf("%d from %q: %.200q", r.StatusCode, r.Header.Get("Server"), got)
			}
			if _, err := http.ParseTime(r.Header.Get("Date")); tt.server == "wire" && err != nil {
				t.Error(err)
			}
		})
	}
}

// One connection asks for many things, the unusual ones among them, without waiting.
func TestPipelineAndHandOver(t *testing.T) {
	address, _, _ := start(t)
	get := func(path string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n"
	}
	answers := ask(t, address, get("/live/1")+get("/live/large")+get("/live/2?q")+get("/watch/3")+get("/live/4"), 5)
	for i, want := range []string{"GET /live/1? h map[Accept-Encoding:[gzip]]", "lightstick", "GET /live/2?q h ", "GET /watch/3 ", "GET /live/4 "} {
		server := map[bool]string{true: "wire", false: "net/http"}[i < 3]
		if got := body(t, answers[i]); !strings.HasPrefix(got, want) || answers[i].Header.Get("Server") != server {
			t.Errorf("answer %d from %s: %.80q", i, answers[i].Header.Get("Server"), got)
		}
	}
}

// All fields reach the handler, also when they change or go between the requests of a
// connection, and are as net/http has them.
func TestFields(t *testing.T) {
	p := newParser([]string{"/live/", "/t/"}, &http.Request{})
	many := new(strings.Builder)
	for i := range 2 * maxNames {
		fmt.Fprintf(many, "x-%d: %d\r\n", i, i)
	}
	for _, fields := range []string{
		"X-ORIGIN-secret: one\r\nCookie: c\r\n",
		"X-ORIGIN-secret: one\r\nCookie: c\r\n",
		"X-Origin-Secret: two\r\nX-Origin-Secret:\tthree \r\nCDN-Loop: a, b\r\n",
		"x-origin-secret: four\r\nX-Origin-Secret: five\r\nCookie:\r\nX-ORIGIN-secret:\r\n",
		"",
		"Cookie: c\r\nX-ORIGIN-secret: one\r\n",
		"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\n",
		"Pragma: no-cache\r\n",
		"Pragma: no-cache\r\nCache-Control: max-age=0\r\n",
		strings.Repeat("x", 3*maxName) + ": y\r\n",
		many.String(), many.String() + "Y: z\r\n", many.String(),
	} {
		text := "GET /live/a HTTP/1.1\r\nHost: h\r\n" + fields
		if !p.parse([]byte(text)) {
			t.Fatalf("%q is not understood", fields)
		}
		want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p.request.Header, want.Header) {
			t.Errorf("%q: %q, by net/http %q", fields, p.request.Header, want.Header)
		}
	}
}

// What a connection remembers for its next request is bounded, whatever a client sends.
func TestNamesAreBounded(t *testing.T) {
	p := newParser([]string{"/live/"}, &http.Request{})
	for i := range 1000 {
		if !p.parse(fmt.Appendf(nil, "GET /live/a HTTP/1.1\r\nHost: h\r\nX-%d: a\r\n%s%d: b\r\n", i, strings.Repeat("y", maxName), i)) {
			t.Fatal("not understood")
		}
	}
	if n := len(p.fields.names); n != maxNames {
		t.Errorf("%d names, want %d", n, maxNames)
	}
	for _, name := range p.fields.names {
		if len(name.spelt) > maxName {
			t.Errorf("a name of %d bytes", len(name.spelt))
		}
	}
	if len(p.request.Header) != 2 || len(p.fields.values) != 2 {
		t.Errorf("%v, %d values", p.request.Header, len(p.fields.values))
	}
}

// A request that comes byte by byte is the same request.
func TestSlowRequest(t *testing.T) {
	address, _, _ := start(t)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, b := range []byte("GET /live/slow HTTP/1.1\r\nHost: h\r\n\r\n") {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.Header.Get("Server") != "wire" {
		t.Errorf("%v %v", r, err)
	}
}

// A handler that fails, or promised more than it wrote, costs its connection.
func TestFailuresEndTheConnection(t *testing.T) {
	address, _, _ := start(t)
	for _, path := range []string{"/live/panic", "/live/short"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || strings.HasSuffix(string(got), "0123456789") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestShutdownLetsAnswersEnd(t *testing.T) {
	address, m, s := start(t)
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answered := make(chan string, 1)
	go func() { answered <- body(t, ask(t, address, "GET /live/held HTTP/1.1\r\nHost: h\r\n\r\n", 1)[0]) }()
	m.release <- struct{}{} // the request is being answered
	if got := <-answered; got != "held" {
		t.Errorf("%q", got)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(context.Background()) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("an idle connection holds up the shutdown")
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("it still accepts")
	}
}

// Silence ends a connection: two minutes between requests, ten seconds inside one.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		sent string
		want time.Duration
	}{{"", time.Minute}, {"GET /live/a HT", 10 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			s := &Server{cfg: Config{Prefixes: []string{"/live/"}, HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}, done: make(chan struct{})}
			ours, theirs := net.Pipe()
			c := newConn(s, ours)
			begun := time.Now()
			var serving sync.WaitGroup
			serving.Go(func() {
				if c.serve() {
					t.Error("handed over")
				}
			})
			if tt.sent != "" {
				if _, err := io.WriteString(theirs, tt.sent); err != nil {
					t.Fatal(err)
				}
			}
			serving.Wait()
			if took := time.Since(begun); took != tt.want {
				t.Errorf("%q: after %v", tt.sent, took)
			}
		})
	}
}

// A header may not take longer because it comes in small bits.
func TestHeaderInBits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{cfg: Config{Prefixes: []string{"/live/"}, HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}, done: make(chan struct{})}
		ours, theirs := net.Pipe()
		c := newConn(s, ours)
		begun := time.Now()
		var serving sync.WaitGroup
		serving.Go(func() {
			c.serve()
			_ = ours.Close()
		})
		_, err := io.WriteString(theirs, "GET /live/a HTTP/1.1\r\nX: ")
		for ; err == nil; _, err = theirs.Write([]byte{'a'}) {
			time.Sleep(4 * time.Second)
		}
		serving.Wait()
		if took := time.Since(begun); took > 13*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// What is understood here, net/http understands in the same way.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"GET /live/a/b.m3u8?_HLS_msn=1 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip, br\r\n\r\n",
		"HEAD /live/p/v/1.2.m4s HTTP/1.1\r\nhost:h\r\nConnection: Keep-Alive\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n",
		"GET /live/ HTTP/1.1\r\nHost: h\r\nX: a\nContent-Length: 5\r\n\r\n",
		"GET /live/../x HTTP/1.1\r\nHost : h\r\n\r\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		i := bytes.Index(text, endOfHeader)
		if i < 0 || i+len(endOfHeader) > maxRequest {
			return
		}
		text = text[:i+len(endOfHeader)]
		p := newParser([]string{"/live/", "/t/"}, &http.Request{})
		if !p.parse(text[:len(text)-len(endOfLine)]) {
			return
		}
		got := p.request
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			t.Fatalf("%q: net/http refuses it: %v", text, err)
		}
		if got.Method != want.Method || got.URL.Path != want.URL.Path || got.URL.RawQuery != want.URL.RawQuery ||
			got.Host != want.Host || want.ContentLength > 0 || len(want.TransferEncoding) > 0 || want.Close {
			t.Errorf("%q: read as %s %s?%s %s, by net/http as %s %s?%s %s", text,
				got.Method, got.URL.Path, got.URL.RawQuery, got.Host, want.Method, want.URL.Path, want.URL.RawQuery, want.Host)
		}
		if !reflect.DeepEqual(got.Header, want.Header) {
			t.Errorf("%q: the fields are %q, by net/http %q", text, got.Header, want.Header)
		}
		if !p.parse(text[:len(text)-len(endOfLine)]) || got.Host != want.Host {
			t.Errorf("%q: read differently the second time", text)
		}
	})
}
