package http1

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is what a handler saw of a request.
type seen struct {
	Proto, Method, Host, URI, Path, Query, Fields string
	Loop                                          bool // the loop answered, and not net/http
}

func tell(loop bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(seen{r.Proto, r.Method, r.Host, r.RequestURI, r.URL.Path, r.URL.RawQuery, fmt.Sprintf("%q", r.Header), loop})
	})
}

// listenPlain serves the loop with net/http behind it, as the server does without TLS.
func listenPlain(t *testing.T) (address string) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	loop := Listen(inner, Config{Prefixes: []string{"/live/"}, Handler: tell(true), HeaderTimeout: time.Minute, IdleTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)})
	other := &http.Server{Handler: tell(false), ConnState: ConnState}
	var running sync.WaitGroup
	running.Go(func() { _ = loop.Run() })
	running.Go(func() { _ = other.Serve(loop) })
	t.Cleanup(func() {
		_ = other.Close()
		_ = loop.Shutdown(context.Background())
		running.Wait()
	})
	return "http://" + inner.Addr().String()
}

// A handler sees the same of a request, whether the loop, net/http with TLS or HTTP/2 brings it:
// a field that one of them dropped would fail in that one alone.
func TestFieldsOverAllTransports(t *testing.T) {
	secure := httptest.NewUnstartedServer(CloseAfterChunked(tell(false)))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := listenPlain(t)
	trusted := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	transport := func(http2 bool) *http.Transport {
		tr := &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: trusted}, Protocols: new(http.Protocols)}
		tr.Protocols.SetHTTP1(!http2)
		tr.Protocols.SetHTTP2(http2)
		t.Cleanup(tr.CloseIdleConnections)
		return tr
	}
	ways := []struct {
		name, url, proto string
		loop             bool
		transport        *http.Transport
	}{
		{"plain", plain, "HTTP/1.1", true, transport(false)},
		{"TLS", secure.URL, "HTTP/1.1", false, transport(false)},
		{"HTTP/2", secure.URL, "HTTP/2.0", false, transport(true)},
	}
	long := strings.Repeat("v", 1000)
	for _, tt := range []struct {
		name, uri string
		header    http.Header
		loop      bool // the loop understands it
	}{
		{"no fields", "/live/a", http.Header{}, true},
		{"query", "/live/a?b=%20&c", http.Header{}, true},
		{"a player", "/live/a", http.Header{"Accept-Encoding": {"gzip"}, "Range": {"bytes=0-1"}, "Origin": {"https://a.example"}, "Referer": {"https://a.example/"}}, true},
		{"secrets", "/live/a", http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=b; c=d"}, "X-Origin-Secret": {"s"}}, true},
		{"names that nobody has heard of", "/live/a", http.Header{"X-Nobody-Knows": {"1"}, "Q": {"2"}, strings.Repeat("Z", 3*maxName): {"3"}}, true},
		{"names in another case", "/live/a", http.Header{"cmcd-session": {"sid"}, "CDN-Loop": {"a"}, "x-FORWARDED-for": {"192.0.2.1"}}, true},
		{"odd characters in names", "/live/a", http.Header{"X_a": {"1"}, "x-!#$%&'*+.^`|~": {"2"}, "1-2": {"3"}}, true},
		{"fields that are there twice", "/live/a", http.Header{"Via": {"1.1 a", "1.1 b", "1.1 a"}, "X-Forwarded-For": {"192.0.2.1, 192.0.2.2", "192.0.2.3"}, "Range": {"bytes=0-1", "bytes=2-3"}}, true},
		{"empty values", "/live/a", http.Header{"Accept-Encoding": {""}, "X-A": {"", "b", ""}}, true},
		{"white space", "/live/a", http.Header{"X-A": {"a\tb  c"}}, true},
		{"obs-text", "/live/a", http.Header{"X-A": {"\xe4\xf6 \xec\x84\x9c"}}, true},
		{"quotes and commas", "/live/a", http.Header{"If-None-Match": {`"a", W/"b",,`}}, true},
		{"long value", "/live/a", http.Header{"X-A": {long}}, true},
		{"many fields", "/live/a", http.Header{"X-A": {"1"}, "X-B": {"2"}, "X-C": {"3"}, "X-D": {"4"}, "X-E": {"5"}, "X-F": {"6"}, "X-G": {"7"}, "X-H": {"8"}, "X-I": {"9"}, "X-J": {"10"}}, true},
		{"more than the loop's buffer", "/live/a", http.Header{"X-A": {long, long, long, long, long}}, false},
		{"path with an escape", "/live/%61", http.Header{"X-A": {"b"}}, false},
		{"another path", "/watch/a", http.Header{"X-A": {"b"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodGet} { // the second with what the first left
				var all []seen
				for _, way := range ways {
					r, err := http.NewRequestWithContext(t.Context(), method, way.url+tt.uri, nil)
					if err != nil {
						t.Fatal(err)
					}
					r.Header, r.Host = tt.header.Clone(), "media.example:8080"
					r.Header.Set("User-Agent", "player/1.0")
					response, err := way.transport.RoundTrip(r)
					if err != nil {
						t.Fatalf("%s: %v", way.name, err)
					}
					var got seen
					err = json.NewDecoder(response.Body).Decode(&got)
					_ = response.Body.Close()
					if err != nil || got.Proto != way.proto || got.Loop != (way.loop && tt.loop) {
						t.Fatalf("%s: %+v, %v", way.name, got, err)
					}
					got.Proto, got.Loop = "", false
					if all = append(all, got); got != all[0] {
						t.Errorf("%s: the handler saw\n%+v, and over %s\n%+v", way.name, got, ways[0].name, all[0])
					}
				}
			}
		})
	}
}
