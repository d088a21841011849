package hls

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answering is a client whose server gives each connection one fixed answer, and
// then closes it unless told to hold.
func answering(answer string, hold bool) *http1 {
	cfg := &Config{Timeout: 5 * time.Second}
	cfg.dial = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			_, _ = http.ReadRequest(bufio.NewReader(server))
			_, _ = io.WriteString(server, answer)
			if hold {
				_, _ = io.Copy(io.Discard, server)
			}
		}()
		return client, nil
	}
	return newHTTP1(cfg, &shard{})
}

func TestAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name, answer string
		hold         bool
		body         string
		fails        string // kind of the error
	}{
		{"length", ok + "Content-Length: 5\r\n\r\nhello", true, "hello", ""},
		{"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n", true, "hello", ""},
		{"until the end", "HTTP/1.0 200 OK\r\n\r\nhello", false, "hello", ""},
		{"after early hints", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "content-length:5\r\n\r\nhello", true, "hello", ""},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", true, "", ""},
		{"nothing", "", false, "", "connection lost"},
		{"half a header", ok + "Content-", false, "", "connection lost"},
		{"half a body", ok + "Content-Length: 5\r\n\r\nhel", false, "", "connection lost"},
		{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", false, "", "connection lost"},
		{"not HTTP", "SSH-2.0-OpenSSH\r\n", false, "", "malformed answer"},
		{"chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n-5\r\n", false, "", "malformed answer"},
		{"chunk end", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", false, "", "malformed answer"},
		{"headers", ok + strings.Repeat("X: y\r\n", 2*maxHeaders), false, "", "malformed answer"},
		{"header line", ok + "X: " + strings.Repeat("y", 2*headerBuffer) + "\r\n", false, "", "answer too long"},
		{"length beyond reason", ok + "Content-Length: 99999999999999999999\r\n\r\n", false, "", "answer too long"},
		{"chunks beyond reason", ok + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", false, "", "answer too long"},
		{"silence", "", true, "", "timeout"},
		{"no end", ok + "Content-Length: 5\r\n\r\nhel", true, "", "timeout"},
	}
	for _, tt := range tests {
		for _, keep := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					var body []byte
					into := &body
					if !keep {
						into = nil
					}
					answer, err := answering(tt.answer, tt.hold).get(ctx, request{origin: "http://host", path: []byte("/")}, into)
					if tt.fails != "" {
						if err == nil || kindOf(err) != tt.fails {
							t.Errorf("%v, want %s", err, tt.fails)
						}
						return
					}
					if err != nil || answer.size != int64(len(tt.body)) || (keep && string(body) != tt.body) {
						t.Errorf("%q, %d bytes, %v; want %q", body, answer.size, err, tt.body)
					}
				})
			})
		}
	}
}

func TestRequest(t *testing.T) {
	h := newHTTP1(&Config{Gzip: true, Header: []string{"X-Test: 1"}}, &shard{})
	for _, cookie := range []string{"a=1; Path=/", "b=2", "a=3; HttpOnly", "c=4; path=/; secure", "none"} {
		h.remember([]byte(cookie))
	}
	h.compose(request{origin: "http://host:81", path: []byte("/x?y"), offset: 10, length: 5})
	const want = "GET /x?y HTTP/1.1\r\nHost: host:81\r\nUser-Agent: lightstick-loadtest\r\nAccept: */*\r\n" +
		"Accept-Encoding: gzip\r\nX-Test: 1\r\nRange: bytes=10-14\r\nCookie: b=2; a=3\r\n\r\n"
	if got := string(h.request); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestReconnect: a server may close a kept connection between two requests.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false)
		for range 3 {
			if _, err := h.get(ctx, request{origin: "http://host", path: []byte("/")}, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if got := h.shard.reconnects.Load(); got != 2 {
			t.Errorf("%d reconnects, want 2", got)
		}
	})
}
