package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/certificates"
)

const shieldSecret = "0123456789abcdef0123456789abcdef"

// serveAccess serves who asks, as handlers know it, over plain HTTP and over TLS.
func serveAccess(t *testing.T, sets ...string) (plain, encrypted string, client *http.Client) {
	t.Helper()
	loaded, err := config.Load("", nil, append([]string{"http.listen=127.0.0.1:0", "cdn.secret=the-last-secret-was-this " + shieldSecret}, sets...))
	if err != nil {
		t.Fatal(err)
	}
	access := newAccess(&loaded.Config)
	answer := func(by string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s for %v at %s %v", by, httpserver.ClientAddr(r), httpserver.BaseURL(r), r.Header["X-Origin-Secret"])
		})
	}
	ports, err := openHTTP(&loaded.Config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := serversFor(ports, &loaded.Config, &certificates.Certificates{}, access, answer("net/http"), answer("wire"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	// The certificate that httptest's client knows.
	known := httptest.NewTLSServer(nil)
	t.Cleanup(known.Close)
	h := access.gate.Handler(answer("net/http"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Add(httpserver.Port{Listener: l, Proxied: loaded.HTTP.ProxyProtocol, Handler: h, TLS: &tls.Config{Certificates: known.TLS.Certificates}})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Shutdown(5 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return s.Addr(0).String(), s.Addr(1).String(), known.Client()
}

// talk sends texts on one connection from a loopback address, each after the answer to
// the one before, and returns code and body of the answers.
func talk(t *testing.T, from, to, first string, requests ...string) []string {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := dialer.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	reader := bufio.NewReader(c)
	var answers []string
	for i, request := range requests {
		if i == 0 {
			request = first + request
		}
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%.200q: %v", request, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, fmt.Sprintf("%d %s", r.StatusCode, body))
	}
	return answers
}

// get is a request's text.
func get(path string, fields ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: origin\r\n" + strings.Join(append(fields, "\r\n"), "\r\n")
}

const (
	withSecret = "X-Origin-Secret: " + shieldSecret
	viewer     = "PROXY TCP4 203.0.113.5 192.0.2.1 4000 80\r\n"
	// edge is a CDN's address that the load balancer tells: 10.0.0.5.
	edge = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x0a\x00\x00\x05\xc0\x00\x02\x01\x0f\xa0\x00\x50"
)

func TestAccessBehindLoadBalancer(t *testing.T) {
	plain, encrypted, client := serveAccess(t, "http.proxy_protocol=true", "http.trusted_proxies=127.0.0.1 10.0.0.0/8")
	forwarded := func(list string) string { return "X-Forwarded-For: " + list }
	for _, tt := range []struct {
		name, from, first string
		requests, want    []string
	}{
		{"a CDN's connection, of ever other viewers", "127.0.0.1", edge, []string{
			get("/live/a", withSecret, forwarded("6.6.6.6, 198.51.100.1")),
			get("/live/a", withSecret, forwarded("198.51.100.2, 10.7.7.7")),
			get("/live/a", withSecret),
			get("/live/a", withSecret),
			get("/live/a", forwarded("198.51.100.2")),
			get("/live/a", "X-Origin-Secret: the-last-secret-was-this"),
			get("/live/a", "X-Origin-Secret: guess", withSecret),
			get("/live/a", withSecret, "CDN-Loop: edge-a, lightstick;v=1"),
			get("/live/a?b", withSecret, "CDN-Loop: edge-a, edge-b"),
			get("/healthz", "X-Forwarded-Proto: https"),
			get("/t/x/live/a"),
			get("/playback/authorize", withSecret, forwarded("198.51.100.3")),
		}, []string{
			"200 wire for 198.51.100.1 at http://origin []", "200 wire for 198.51.100.2 at http://origin []",
			"200 wire for 10.0.0.5 at http://origin []", "200 wire for 10.0.0.5 at http://origin []",
			"403 media is served", "200 wire for 10.0.0.5", "403 media is served", "508 this request was here",
			"200 wire for 10.0.0.5", "200 net/http for 10.0.0.5 at https://origin []", "403 media is served",
			"200 net/http for 198.51.100.3 at http://origin []",
		}},
		{"a viewer's connection", "127.0.0.1", viewer, []string{get("/live/a", withSecret, forwarded("198.51.100.1"))}, []string{"200 wire for 203.0.113.5"}},
		{"without a header", "127.0.0.1", "", []string{get("/live/a", withSecret)}, []string{"400 this address is in http.trusted_proxies"}},
		{"a stranger's header", "127.0.0.2", viewer, []string{get("/live/a", withSecret)}, []string{"400 "}},
		{"a stranger's other header", "127.0.0.2", edge, []string{get("/live/a", withSecret)}, []string{"400 "}},
		{"a stranger", "127.0.0.2", "", []string{get("/live/a", withSecret, forwarded("198.51.100.1"))}, []string{"200 wire for 127.0.0.2"}},
		{"two headers", "127.0.0.1", edge + viewer, []string{get("/live/a", withSecret)}, []string{"400 "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i, got := range talk(t, tt.from, plain, tt.first, tt.requests...) {
				if !strings.HasPrefix(got, tt.want[i]) {
					t.Errorf("request %d: %.200s\nwant %s", i, got, tt.want[i])
				}
			}
		})
	}
	transport := client.Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = true
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		c, err := net.Dial("tcp", encrypted)
		if err == nil {
			_, err = io.WriteString(c, viewer)
		}
		return c, err
	}
	client.Transport = transport
	r, err := http.NewRequest("GET", "https://example.com/live/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ secret, want string }{{"guess", "403 2 media"}, {shieldSecret, "200 2 net/http for 203.0.113.5 at https://example.com []"}} {
		r.Header.Set("X-Origin-Secret", tt.secret)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if got := fmt.Sprintf("%d %d %s", answer.StatusCode, answer.ProtoMajor, body); !strings.HasPrefix(got, tt.want) {
			t.Errorf("over TLS: %s, want %s", got, tt.want)
		}
	}
}

func TestAbsurdRequests(t *testing.T) {
	plain, _, _ := serveAccess(t, "http.trusted_proxies=loopback")
	for _, tt := range []struct{ name, request, want string }{
		{"ten thousand hops", get("/live/a", withSecret, "X-Forwarded-For: "+strings.Repeat("::1,", 10_000)), "200 net/http for 127.0.0.1"},
		{"ten thousand viewers", get("/live/a", withSecret, "X-Forwarded-For: "+strings.Repeat("::2,", 10_000)), "200 net/http for ::2"},
		{"a thousand lines", get("/live/a", withSecret+strings.Repeat("\r\nX-Forwarded-For: 10.0.0.1, ,", 500)), "200 net/http for 10.0.0.1"},
		{"no address", get("/live/a", withSecret, "X-Forwarded-For: <script>"), "200 wire for 127.0.0.1"},
		{"long host", "GET /live/a HTTP/1.1\r\nHost: " + strings.Repeat("a", 3000) + "\r\n" + withSecret + "\r\n\r\n", "200 wire for 127.0.0.1 at http://localhost"},
		{"strange host", "GET /api HTTP/1.1\r\nHost: [::1%25<x>\r\n\r\n", "400 "},
		{"allowed host", "GET /api HTTP/1.1\r\nHost: a'(b)\r\n\r\n", "200 net/http for 127.0.0.1 at http://" + plain},
		{"two hosts", "GET /live/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 "},
		{"absolute form", "GET http://evil.example/live/a HTTP/1.1\r\nHost: h\r\n\r\n", "403 "},
		{"absolute form of another kind", "GET x:live HTTP/1.1\r\nHost: h\r\n\r\n", "200 net/http"},
		{"NUL", get("/live/a", withSecret, "X-Forwarded-For: 1.1.1.1\x00"), "400 "},
		{"folded", get("/live/a", "X-Origin-Secret:\r\n "+shieldSecret), "400 a header line begins with white space"},
		{"underscores", get("/live/a", "X_Origin_Secret: "+shieldSecret), "403 "},
		{"dots", get("/live/../live/a"), "403 "},
		{"escaped path", get("/%6Cive/a"), "403 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := talk(t, "127.0.0.1", plain, "", tt.request)[0]; !strings.HasPrefix(got, tt.want) || strings.Contains(got, shieldSecret) {
				t.Errorf("%.200s\nwant %s", got, tt.want)
			}
		})
	}
}
