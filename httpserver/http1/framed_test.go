package http1

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// What is no longer HTTP is passed on as it is, together with what came before anybody knew.
func TestUpgradedConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Listen(inner, Config{Prefixes: []string{"/live/"}, HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)})
	upgrading := &http.Server{ConnState: ConnState, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		text, _ := buffered.ReadString('!')
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(c, c)
	})}
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run() })
	running.Go(func() { _ = upgrading.Serve(s) })
	defer running.Wait()
	defer upgrading.Close()
	defer s.Close()
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	const early, late = "early\n \x00bytes!", "\nlate : \r bytes that are no line"
	if _, err := io.WriteString(c, "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(c)
	if r, err := http.ReadResponse(reader, nil); err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", r, err)
	}
	for _, text := range []string{early, late, strings.Repeat("long\n", 100_000)} {
		go func() { _, _ = io.WriteString(c, text) }() // ends with the connection
		got := make([]byte, len(text))
		if _, err := io.ReadFull(reader, got); err != nil || string(got) != text {
			t.Fatalf("%.80q, %v; want %.80q", got, err, text)
		}
	}
}
