package chat

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/replaylog"
)

// BenchmarkPublish is the way of a message from its draft to the frame of one reader, in
// a room that is also published as files: no store, no other process.
func BenchmarkPublish(b *testing.B) {
	replayLogs := replaylog.New(nil)
	source := replayLogs.Open("show")
	s, url := serve(b, func(cfg *Config) { cfg.ReplayLogs = replayLogs })
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/connection/websocket", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, command := range []string{`{"id":1,"connect":{}}`, `{"id":2,"subscribe":{"channel":"chat:show"}}`} {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(command)); err != nil {
			b.Fatal(err)
		}
		if _, _, err := conn.ReadMessage(); err != nil {
			b.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, conn.NetConn()) }() // ends with the connection
	room, ctx := s.rooms.find("show"), context.WithoutCancel(b.Context())
	fan := Author{User: message.User{ID: "u-41", Name: "Mina", Role: message.Host, Color: "#ff5fa2"}, Address: netip.MustParseAddr("192.0.2.1")}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		draft := fmt.Appendf(nil, `{"text":"so loud in here tonight, hello from Busan! %d","at":1795435200123}`, n)
		if _, err := s.writer.write(ctx, room, fan, draft); err != nil {
			b.Fatal(err)
		}
		if n%500 == 0 {
			source.Cut()
		}
	}
}
