// Package chattest is a client of the chat for tests. It speaks the centrifuge protocol
// by hand, so that what is on the wire is what is tested.
package chattest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/globalfandom/lightstick/chat/message"
)

// Reply is what the server sends: an answer to a command, or a push.
type Reply struct {
	ID      int    `json:"id"`
	Error   *Error `json:"error"`
	Connect *struct {
		Client string `json:"client"`
		Data   Hello  `json:"data"`
	} `json:"connect"`
	Subscribe *Subscribed `json:"subscribe"`
	History   *struct {
		Publications []Publication `json:"publications"`
	} `json:"history"`
	RPC *struct {
		Data json.RawMessage `json:"data"`
	} `json:"rpc"`
	Push *struct {
		Channel string       `json:"channel"`
		Pub     *Publication `json:"pub"`
		Message *struct {
			Data json.RawMessage `json:"data"`
		} `json:"message"`
	} `json:"push"`
}

// Code is that of the error, or 0.
func (r Reply) Code() int {
	if r.Error == nil {
		return 0
	}
	return r.Error.Code
}

// Error is why a command was refused.
type Error struct {
	Code      int    `json:"code"`
	Message   string `json:"message"`
	Temporary bool   `json:"temporary"`
}

// Hello is the data of the connect reply.
type Hello struct {
	User   message.User `json:"user"`
	Guest  string       `json:"guest"`
	Write  bool         `json:"write"`
	Guests string       `json:"guests"`
}

// Subscribed is the answer to subscribe.
type Subscribed struct {
	Data struct {
		Room message.Room `json:"room"`
		You  struct {
			Write    bool `json:"write"`
			Moderate bool `json:"moderate"`
		} `json:"you"`
	} `json:"data"`
	Epoch        string        `json:"epoch"`
	Offset       uint64        `json:"offset"`
	Recovered    bool          `json:"recovered"`
	Publications []Publication `json:"publications"`
}

// Publication is what was published in a channel.
type Publication struct {
	Channel string          `json:"-"`
	Data    json.RawMessage `json:"data"`
	Offset  uint64          `json:"offset"`
}

// Client is a connection.
type Client struct {
	// Hello is what the server said when Join connected.
	Hello Hello
	// Pushes has what was published, and Messages what was sent to this client alone.
	Pushes   chan Publication
	Messages chan json.RawMessage
	// Closed gets the code that the connection ended with; 0: without one.
	Closed chan int

	t       testing.TB
	conn    *websocket.Conn
	id      int
	replies chan Reply
	reason  string // of the end
}

// Patience bounds every wait.
const Patience = time.Minute

// Object is a JSON object.
type Object = map[string]any

// Dial opens a connection to the server at the URL, http://HOST:PORT.
func Dial(t testing.TB, url string) *Client {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/connection/websocket", nil)
	if err != nil {
		t.Fatalf("dial: %v %v", err, response)
	}
	c := &Client{
		t: t, conn: conn, replies: make(chan Reply, 64), Pushes: make(chan Publication, 4096),
		Messages: make(chan json.RawMessage, 64), Closed: make(chan int, 1),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.read()
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return c
}

func (c *Client) read() {
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			code := 0
			if errors.As(err, &closed) {
				code, c.reason = closed.Code, closed.Text
			}
			c.Closed <- code
			return
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(frame)), "\n") {
			c.take(line)
		}
	}
}

func (c *Client) take(line string) {
	if line == "{}" { // a ping
		_ = c.conn.WriteMessage(websocket.TextMessage, []byte("{}"))
		return
	}
	var r Reply
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		c.t.Errorf("the server sent %q: %v", line, err)
		return
	}
	switch {
	case r.Push != nil && r.Push.Pub != nil:
		r.Push.Pub.Channel = r.Push.Channel
		c.Pushes <- *r.Push.Pub
	case r.Push != nil && r.Push.Message != nil:
		c.Messages <- r.Push.Message.Data
	case r.ID > 0:
		c.replies <- r
	}
}

// Send sends a command without waiting for its answer.
func (c *Client) Send(command any) {
	c.t.Helper()
	if err := c.conn.WriteJSON(command); err != nil {
		c.t.Fatal(err)
	}
}

// Ask sends a command and waits for its answer.
func (c *Client) Ask(method string, params any) Reply {
	c.t.Helper()
	c.id++
	c.Send(Object{"id": c.id, method: params})
	for {
		select {
		case r := <-c.replies:
			if r.ID == c.id {
				return r
			}
		case code := <-c.Closed:
			c.t.Fatalf("%s: the connection was closed with %d", method, code)
		case <-time.After(Patience):
			c.t.Fatalf("%s: no answer", method)
		}
	}
}

// Join connects as a guest of that name and subscribes to the room's chat.
func Join(t testing.TB, url, name, room string) *Client {
	t.Helper()
	return Enter(t, url, Object{"data": Object{"name": name}}, room)
}

// Enter connects with the parameters and subscribes to the room's chat.
func Enter(t testing.TB, url string, connect Object, room string) *Client {
	t.Helper()
	c := Dial(t, url)
	r := c.Ask("connect", connect)
	if r.Connect == nil {
		t.Fatalf("connect: %+v", r.Error)
	}
	c.Hello = r.Connect.Data
	if r := c.Ask("subscribe", Object{"channel": "chat:" + room}); r.Error != nil {
		t.Fatalf("subscribe: %+v", r.Error)
	}
	return c
}

// Say publishes and tells the refusal's code, or 0.
func (c *Client) Say(room string, draft Object) int {
	c.t.Helper()
	return c.Ask("publish", Object{"channel": "chat:" + room, "data": draft}).Code()
}

// Call calls a remote method.
func (c *Client) Call(method string, data Object) Reply {
	c.t.Helper()
	return c.Ask("rpc", Object{"method": method, "data": data})
}

// Next waits for the next publication.
func (c *Client) Next() Publication {
	c.t.Helper()
	select {
	case p := <-c.Pushes:
		return p
	case code := <-c.Closed:
		c.t.Fatalf("the connection was closed with %d", code)
	case <-time.After(Patience):
		c.t.Fatal("nothing came")
	}
	return Publication{}
}

// Hear waits for the next message; events before it are passed over.
func (c *Client) Hear() (message.Message, json.RawMessage) {
	c.t.Helper()
	for {
		p := c.Next()
		if message.Kind(p.Data) != "" || strings.HasPrefix(p.Channel, "react:") {
			continue
		}
		var m message.Message
		if err := json.Unmarshal(p.Data, &m); err != nil {
			c.t.Fatal(err)
		}
		return m, p.Data
	}
}

// End waits for the end of the connection and tells its code.
func (c *Client) End() int {
	c.t.Helper()
	select {
	case code := <-c.Closed:
		return code
	case <-time.After(Patience):
		c.t.Fatal("the connection did not end")
		return 0
	}
}

// Reason is what the server said when the connection ended; call it after End.
func (c *Client) Reason() string { return c.reason }

// Close closes the connection as a lost one.
func (c *Client) Close() { _ = c.conn.Close() }
