package http1

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The media loop, with net/http behind it, answers every odd request as net/http alone
// does, but where the corpus says otherwise and why.
func TestOddRequests(t *testing.T) {
	names := make(map[string]bool)
	for _, tt := range oddRequests() {
		if names[tt.name] {
			t.Errorf("%q is there twice", tt.name)
		}
		names[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			var theirs, ours string
			synctest.Test(t, func(*testing.T) { theirs = exchange(false, tt.text) })
			synctest.Test(t, func(*testing.T) { ours = exchange(true, tt.text) })
			switch {
			case tt.want == "" && ours != theirs:
				t.Errorf("net/http says %q; the loop says\n%q", theirs, ours)
			case tt.want != "" && tt.why == "":
				t.Error("a difference without a reason")
			case tt.want != "" && ours != tt.want:
				t.Errorf("%q, want\n%q", ours, tt.want)
			case tt.want != "" && ours == theirs:
				t.Errorf("net/http says %q as well: this is no difference", theirs)
			}
		})
	}
}

// echo says what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte("read error")
	}
	text := fmt.Sprintf("%s %s %s?%s %s %v %s", r.Method, r.RequestURI, r.URL.Path, r.URL.RawQuery, r.Host, r.Header, body)
	if err != nil {
		text = string(body)
	}
	w.Header()["Content-Length"] = []string{fmt.Sprint(len(text))}
	_, _ = io.WriteString(w, text)
}

// probe is the last request of every exchange: its answer tells that the connection was
// kept open.
const probe = "GET /live/probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"

// exchange sends text and a probe on a connection in memory, to the loop with net/http
// behind it or to net/http alone, and returns the transcript of the answers. It must run
// in a bubble of package synctest: timeouts take no time there.
func exchange(loop bool, text string) string {
	client, peer := net.Pipe()
	connections := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	connections.conns <- peer
	server := &http.Server{
		Handler: http.HandlerFunc(echo), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 64 << 10, ConnState: ConnState,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	var running sync.WaitGroup
	if !loop {
		running.Go(func() { _ = server.Serve(connections) })
	} else {
		w := Listen(connections, Config{
			Prefixes: []string{"/live/"}, Handler: http.HandlerFunc(echo), HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, Log: slog.New(slog.DiscardHandler),
		})
		running.Go(func() { _ = w.Run() })
		running.Go(func() { _ = server.Serve(w) })
		defer func() { _ = w.Shutdown(context.Background()) }()
	}
	go func() { _, _ = io.WriteString(client, text+probe) }() // ends with the connection
	answers, _ := io.ReadAll(client)                          // likewise
	_ = client.Close()
	_ = server.Close()
	_ = connections.Close()
	defer running.Wait()
	return transcript(text, answers)
}

// transcript is one word a response, then whether the connection was kept open for the
// probe: of 200s what the handler saw, else the status alone.
func transcript(text string, answers []byte) string {
	var words []string
	method, _, _ := strings.Cut(text, " ")
	for reader := bufio.NewReader(bytes.NewReader(answers)); ; method = http.MethodGet {
		r, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return strings.Join(append(words, "closed"), "; ")
		}
		body, _ := io.ReadAll(r.Body)
		switch said := strings.TrimSpace(string(body)); {
		case strings.HasPrefix(said, "GET /live/probe "):
			return strings.Join(append(words, "kept"), "; ")
		case said == "read error":
			words = append(words, said)
		case r.StatusCode == http.StatusOK && method != http.MethodHead:
			words = append(words, "200 "+said)
		default:
			words = append(words, fmt.Sprint(r.StatusCode))
		}
	}
}

// pipes is a net.Listener of connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
