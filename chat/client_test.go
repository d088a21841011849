package chat

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// reply is what the server sends: an answer to a command, or a push.
type reply struct {
	ID    int `json:"id"`
	Error *struct {
		Code      int    `json:"code"`
		Message   string `json:"message"`
		Temporary bool   `json:"temporary"`
	} `json:"error"`
	Connect *struct {
		Client string  `json:"client"`
		Data   welcome `json:"data"`
	} `json:"connect"`
	Subscribe *struct {
		Data         place         `json:"data"`
		Epoch        string        `json:"epoch"`
		Offset       uint64        `json:"offset"`
		Recovered    bool          `json:"recovered"`
		Publications []publication `json:"publications"`
	} `json:"subscribe"`
	History *struct {
		Publications []publication `json:"publications"`
	} `json:"history"`
	RPC *struct {
		Data json.RawMessage `json:"data"`
	} `json:"rpc"`
	Push *struct {
		Channel string       `json:"channel"`
		Pub     *publication `json:"pub"`
	} `json:"push"`
}

type publication struct {
	Data   json.RawMessage `json:"data"`
	Offset uint64          `json:"offset"`
}

// client speaks the centrifuge protocol by hand, so that what is on the wire is what
// is tested.
type client struct {
	t       *testing.T
	conn    *websocket.Conn
	id      int
	replies chan reply
	pushes  chan publication
	closed  chan int // the code
	hello   welcome
}

// patience bounds every wait of these tests.
const patience = 10 * time.Second

func dial(t *testing.T, url string) *client {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/connection/websocket", nil)
	if err != nil {
		t.Fatalf("dial: %v %v", err, response)
	}
	c := &client{t: t, conn: conn, replies: make(chan reply, 64), pushes: make(chan publication, 1024), closed: make(chan int, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.read()
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return c
}

func (c *client) read() {
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			code := 0
			if e, ok := err.(*websocket.CloseError); ok {
				code = e.Code
			}
			c.closed <- code
			return
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(frame)), "\n") {
			var r reply
			if line == "{}" {
				_ = c.conn.WriteMessage(websocket.TextMessage, []byte("{}"))
				continue
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				c.t.Errorf("the server sent %q: %v", line, err)
				continue
			}
			if r.Push != nil && r.Push.Pub != nil {
				c.pushes <- *r.Push.Pub
			} else if r.ID > 0 {
				c.replies <- r
			}
		}
	}
}

// ask sends a command and waits for its answer.
func (c *client) ask(method string, params any) reply {
	c.t.Helper()
	c.id++
	if err := c.conn.WriteJSON(map[string]any{"id": c.id, method: params}); err != nil {
		c.t.Fatal(err)
	}
	for {
		select {
		case r := <-c.replies:
			if r.ID == c.id {
				return r
			}
		case code := <-c.closed:
			c.t.Fatalf("%s: the connection was closed with %d", method, code)
		case <-time.After(patience):
			c.t.Fatalf("%s: no answer", method)
		}
	}
}

type object = map[string]any

// join connects as somebody and subscribes to the room's chat.
func join(t *testing.T, url, name, room string) *client {
	t.Helper()
	c := dial(t, url)
	r := c.ask("connect", object{"data": object{"name": name}})
	if r.Connect == nil {
		t.Fatalf("connect: %+v", r.Error)
	}
	c.hello = r.Connect.Data
	if r := c.ask("subscribe", object{"channel": "chat:" + room}); r.Error != nil {
		t.Fatalf("subscribe: %+v", r.Error)
	}
	return c
}

// say publishes and tells the refusal's code, or 0.
func (c *client) say(room string, draft object) int {
	c.t.Helper()
	if r := c.ask("publish", object{"channel": "chat:" + room, "data": draft}); r.Error != nil {
		return r.Error.Code
	}
	return 0
}

// hear waits for the next publication.
func (c *client) hear() (message.Message, json.RawMessage) {
	c.t.Helper()
	select {
	case p := <-c.pushes:
		var m message.Message
		if err := json.Unmarshal(p.Data, &m); err != nil {
			c.t.Fatal(err)
		}
		return m, p.Data
	case <-time.After(patience):
		c.t.Fatal("nothing came")
		return message.Message{}, nil
	}
}

// guests is an authority that takes everybody at her word.
type guests struct{}

func (guests) Token(_ context.Context, token string) (identity.Identity, error) {
	role, name, ok := strings.Cut(token, "/")
	if !ok {
		return identity.Identity{}, identity.ErrToken
	}
	return identity.Identity{User: message.User{ID: name, Name: name, Role: message.Role(role)}}, nil
}

func (g guests) Refresh(ctx context.Context, _ identity.Identity, token string) (identity.Identity, error) {
	return g.Token(ctx, token)
}

func (guests) Guest(_ context.Context, ticket, name string) (identity.Identity, string, error) {
	var err error
	if name == "taken" {
		name, err = "", message.Refuse(message.CodeName, "taken")
	}
	if ticket == "" {
		ticket = "guest-" + name
	}
	return identity.Identity{User: message.User{ID: ticket, Name: name, Role: message.Guest}}, ticket, err
}

// serve runs a service for the test, and tells its URL.
func serve(t *testing.T, change func(*Config)) (*Service, string) {
	t.Helper()
	cfg := Config{
		Guests: GuestsWrite, Authority: guests{}, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
		Exists:  func(room string) bool { return room != "nowhere" },
		Address: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") },
		Origin:  func(r *http.Request) bool { return r.Header.Get("Origin") != "https://evil.example.com" },
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	mux := http.NewServeMux()
	s.Register(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
	})
	return s, server.URL
}
