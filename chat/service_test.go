package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

func TestTwoChat(t *testing.T) {
	_, url := serve(t, nil)
	mina, jisoo := chattest.Join(t, url, "Mina", "show"), chattest.Join(t, url, "지수", "show")
	other := chattest.Join(t, url, "Else", "elsewhere")
	before := time.Now().UnixMilli()
	if code := mina.Say("show", chattest.Object{"text": "  hello\n지수 👩‍👩‍👧 ", "at": before - 8000}); code != 0 {
		t.Fatalf("refused with %d", code)
	}
	for _, c := range []*chattest.Client{mina, jisoo} {
		m, raw := c.Hear()
		if m.Text != "hello 지수 👩‍👩‍👧" || m.At != before-8000 || m.User.Name != "Mina" || m.User.Role != message.Guest || m.ID == "" || m.Sent < before {
			t.Errorf("%s", raw)
		}
		if strings.Contains(string(raw), `"type"`) {
			t.Errorf("a message has no type: %s", raw)
		}
	}
	if code := jisoo.Say("show", chattest.Object{"text": "hi @mina"}); code != 0 {
		t.Fatal(code)
	}
	m, _ := mina.Hear()
	if len(m.Mentions) != 1 || m.Mentions[0] != mina.Hello.User.ID || m.At != m.Sent {
		t.Errorf("%+v", m)
	}
	if code := mina.Say("show", chattest.Object{"text": "thanks", "reply": m.ID}); code != 0 {
		t.Fatal(code)
	}
	if answer, raw := mina.Hear(); answer.Reply == nil || answer.Reply.ID != m.ID || answer.Reply.Text != "hi @mina" || len(answer.Mentions) != 1 {
		t.Errorf("%s", raw)
	}
	select {
	case p := <-other.Pushes:
		t.Errorf("another room heard %s", p.Data)
	default:
	}
}

func TestDrafts(t *testing.T) {
	_, url := serve(t, nil)
	c := chattest.Join(t, url, "Mina", "show")
	now := time.Now().UnixMilli()
	for name, test := range map[string]struct {
		draft any
		code  int
	}{
		"empty":       {chattest.Object{"text": " \n\u200b"}, 4000},
		"no object":   {[]int{1}, 4000},
		"text number": {chattest.Object{"text": 1}, 4000},
		"long":        {chattest.Object{"text": strings.Repeat("가", 501)}, 4000},
		"nested":      {chattest.Object{"text": "x", "more": chattest.Object{"a": chattest.Object{"b": chattest.Object{"c": []any{[]any{}}}}}}, 4000},
		"as long":     {chattest.Object{"text": strings.Repeat("가", 500)}, 0},
		"more fields": {chattest.Object{"text": "x", "more": true}, 0},
		"at far":      {chattest.Object{"text": "x", "at": 1}, 0},
		"at ahead":    {chattest.Object{"text": "x", "at": now + time.Hour.Milliseconds()}, 0},
	} {
		code := c.Ask("publish", chattest.Object{"channel": "chat:show", "data": test.draft}).Code()
		if code != test.code {
			t.Errorf("%s: code %d, want %d", name, code, test.code)
		}
		if code == 0 {
			if m, _ := c.Hear(); name == "at far" && m.At != 1 || name == "at ahead" && m.At != m.Sent+maxAhead.Milliseconds() || m.At < now && name != "at far" {
				t.Errorf("%s: at is %d of %d", name, m.At, m.Sent)
			}
		}
	}
}

func TestWhoMayWhat(t *testing.T) {
	_, url := serve(t, func(c *Config) { c.Guests = GuestsRead })
	guest := chattest.Join(t, url, "Mina", "show")
	if guest.Hello.Write {
		t.Error("a guest was told that they may write")
	}
	if code := guest.Say("show", chattest.Object{"text": "x"}); code != int(message.CodeMayNot) {
		t.Errorf("a guest wrote: %d", code)
	}
	if r := guest.Ask("subscribe", chattest.Object{"channel": "chat:nowhere"}); r.Error == nil || r.Error.Code != int(message.CodeNoRoom) {
		t.Errorf("a room that is not: %+v", r)
	}
	if r := guest.Ask("subscribe", chattest.Object{"channel": "other"}); r.Error == nil {
		t.Error("a channel that is not")
	}
	if r := guest.Ask("publish", chattest.Object{"channel": "chat:another", "data": chattest.Object{"text": "x"}}); r.Error == nil {
		t.Error("wrote where they are not")
	}
	if r := guest.Ask("publish", chattest.Object{"channel": "react:show", "data": chattest.Object{"text": "x"}}); r.Error == nil {
		t.Error("wrote to the reactions")
	}
	member := chattest.Dial(t, url)
	if r := member.Ask("connect", chattest.Object{"token": "member/Yuna"}); r.Connect == nil || !r.Connect.Data.Write {
		t.Fatalf("%+v", r)
	}
	member.Ask("subscribe", chattest.Object{"channel": "chat:show"})
	if code := member.Say("show", chattest.Object{"text": "x"}); code != 0 {
		t.Errorf("a member was refused: %d", code)
	}
	forged := chattest.Dial(t, url)
	forged.Send(chattest.Object{"id": 1, "connect": chattest.Object{"token": "rubbish"}})
	if code := forged.End(); code != 4502 {
		t.Errorf("a forged token ended with %d", code)
	}
}

func TestGuestsOff(t *testing.T) {
	_, url := serve(t, func(c *Config) { c.Guests = GuestsOff })
	c := chattest.Dial(t, url)
	c.Send(chattest.Object{"id": 1, "connect": chattest.Object{}})
	if code := c.End(); code != 4500 {
		t.Errorf("ended with %d", code)
	}
}

// A guest who chose no name gets one when they write: a client that knows nothing but
// how to publish can't choose.
func TestWithoutAName(t *testing.T) {
	s, url := serve(t, func(c *Config) { c.Moderation.Words = []string{"nasty"} })
	c := chattest.Join(t, url, "", "show")
	if c.Hello.Write {
		t.Error("a page was told that they may write, and asks for no name")
	}
	for range 2 {
		if code := c.Say("show", chattest.Object{"text": "x"}); code != 0 {
			t.Fatalf("refused with %d", code)
		}
		if m, _ := c.Hear(); !regexp.MustCompile(`^Guest \d{4}$`).MatchString(m.User.Name) || m.User.ID != c.Hello.User.ID {
			t.Errorf("%+v", m.User)
		}
	}
	if room := s.rooms.find("show"); len(room.authors("guest", 8)) != 1 {
		t.Errorf("they have several names: %v", room.authors("", 8))
	}
	rude := chattest.Join(t, url, "Nasty Word", "show")
	if rude.Hello.User.Name != "" {
		t.Errorf("they are %q", rude.Hello.User.Name)
	}
	if r := rude.Ask("rpc", chattest.Object{"method": "name", "data": chattest.Object{"name": "nasty"}}); r.Code() != int(message.CodeName) {
		t.Errorf("%+v", r)
	}
}

func TestAName(t *testing.T) {
	_, url := serve(t, nil)
	c := chattest.Join(t, url, "", "show")
	if r := c.Ask("rpc", chattest.Object{"method": "name", "data": chattest.Object{"name": "taken"}}); r.Error == nil || r.Error.Code != int(message.CodeName) {
		t.Errorf("%+v", r)
	}
	if r := c.Ask("rpc", chattest.Object{"method": "name", "data": chattest.Object{"name": "Mina"}}); r.RPC == nil || !strings.Contains(string(r.RPC.Data), `"Mina"`) {
		t.Fatalf("%+v", r)
	}
	if code := c.Say("show", chattest.Object{"text": "x"}); code != 0 {
		t.Errorf("with a name: %d", code)
	}
	if m, _ := c.Hear(); m.User.Name != "Mina" {
		t.Errorf("%+v", m)
	}
	if r := c.Ask("rpc", chattest.Object{"method": "users", "data": chattest.Object{"room": "show", "prefix": "mi"}}); r.RPC == nil || !strings.Contains(string(r.RPC.Data), "Mina") {
		t.Errorf("%+v", r)
	}
	if r := c.Ask("rpc", chattest.Object{"method": "rubbish", "data": chattest.Object{"room": "show"}}); r.Error == nil {
		t.Error("a method that is not")
	}
}

// Who comes with a name that somebody has gets one like it, and can write.
func TestANameThatIsTaken(t *testing.T) {
	_, url := serve(t, nil)
	c := chattest.Join(t, url, "taken", "show")
	if name := c.Hello.User.Name; !strings.HasPrefix(name, "taken ") || !c.Hello.Write {
		t.Errorf("they are %q", name)
	}
}

// A stream that is not for everybody has a room that is not, either.
func TestTickets(t *testing.T) {
	_, url := serve(t, func(c *Config) {
		c.Enter = func(room, ticket string, _ netip.Addr) error {
			if room == "show" && ticket != "good" {
				return errors.New("the token is missing")
			}
			return nil
		}
	})
	c := chattest.Join(t, url, "Mina", "open")
	for _, channel := range []string{"chat:show", "react:show"} {
		if r := c.Ask("history", chattest.Object{"channel": channel, "limit": 5}); r.Error == nil {
			t.Errorf("the history of %s was read without a ticket", channel)
		}
		for _, test := range []struct {
			data string
			code int
		}{{`null`, 4003}, {`{"ticket":"bad"}`, 4003}, {`[]`, 4000}, {`{"ticket":"good"}`, 0}} {
			if r := c.Ask("subscribe", chattest.Object{"channel": channel, "data": json.RawMessage(test.data)}); r.Code() != test.code {
				t.Errorf("%s with %s: %+v", channel, test.data, r.Error)
			}
		}
	}
	host := chattest.Enter(t, url, chattest.Object{"token": "host/Jin"}, "show")
	if code := host.Say("show", chattest.Object{"text": "x"}); code != 0 {
		t.Errorf("the host needed a ticket: %d", code)
	}
}

// Nothing is lost or doubled over a lost connection, and what was taken away stays
// away.
func TestHistoryAndRecovery(t *testing.T) {
	s, url := serve(t, nil)
	writer, reader := chattest.Join(t, url, "Mina", "show"), chattest.Dial(t, url)
	reader.Ask("connect", chattest.Object{})
	position := reader.Ask("subscribe", chattest.Object{"channel": "chat:show"}).Subscribe
	reader.Close()
	var ids []string
	for i := range 60 {
		if code := writer.Say("show", chattest.Object{"text": fmt.Sprint(i), "nonce": fmt.Sprint("n", i)}); code != 0 {
			t.Fatal(code)
		}
		m, _ := writer.Hear()
		ids = append(ids, m.ID)
	}
	if code := writer.Say("show", chattest.Object{"text": "59", "nonce": "n59"}); code != 0 {
		t.Fatal(code) // sent again: the answer was lost
	}
	back := chattest.Dial(t, url)
	back.Ask("connect", chattest.Object{})
	again := back.Ask("subscribe", chattest.Object{"channel": "chat:show", "recover": true, "epoch": position.Epoch, "offset": position.Offset}).Subscribe
	if !again.Recovered || len(again.Publications) != 60 {
		t.Fatalf("recovered %v with %d of 60", again.Recovered, len(again.Publications))
	}
	room := s.rooms.find("show")
	if err := room.announce(message.Delete{Type: message.TypeDelete, IDs: ids[58:59]}, message.User{}); err != nil {
		t.Fatal(err)
	}
	answer := back.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50, "reverse": true})
	history := answer.History
	if history == nil || len(history.Publications) != 50 {
		t.Fatalf("history: %+v, %+v", history, answer.Error)
	}
	late := chattest.Dial(t, url)
	late.Ask("connect", chattest.Object{})
	recovered := late.Ask("subscribe", chattest.Object{"channel": "chat:show", "recover": true, "epoch": position.Epoch, "offset": position.Offset}).Subscribe
	if !recovered.Recovered || len(recovered.Publications) != 61 {
		t.Fatalf("recovered %v with %d of 61", recovered.Recovered, len(recovered.Publications))
	}
	for _, p := range append(history.Publications, recovered.Publications...) {
		if strings.Contains(string(p.Data), `"id":"`+ids[58]) {
			t.Error("a deleted message can be read")
		}
	}
}

func TestRubbish(t *testing.T) {
	_, url := serve(t, nil)
	witness := chattest.Join(t, url, "Mina", "show")
	address := "ws" + strings.TrimPrefix(url, "http") + "/connection/websocket"
	for name, frame := range map[string]struct {
		kind int
		data string
	}{
		"no json":       {websocket.TextMessage, "hello"},
		"binary":        {websocket.BinaryMessage, "\x00\xff\xfe"},
		"empty":         {websocket.TextMessage, ""},
		"before hello":  {websocket.TextMessage, `{"id":1,"publish":{"channel":"chat:show","data":{"text":"x"}}}`},
		"nested":        {websocket.TextMessage, `{"id":1,"connect":` + strings.Repeat("[", 5000) + `}`},
		"giant":         {websocket.TextMessage, `{"id":1,"connect":{"token":"` + strings.Repeat("a", maxFrame) + `"}}`},
		"invalid utf-8": {websocket.TextMessage, "{\"id\":1,\"connect\":{\"token\":\"\xff\"}}"},
		"hello twice":   {websocket.TextMessage, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"connect\":{}}"},
		"hello rubbish": {websocket.TextMessage, `{"id":1,"connect":{"data":[1,2]}}`},
	} {
		conn, _, err := websocket.DefaultDialer.Dial(address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(chattest.Patience))
		if err := conn.WriteMessage(frame.kind, []byte(frame.data)); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, _, err = conn.ReadMessage()
		}
		if e, ok := err.(*websocket.CloseError); !ok || e.Code < 1000 {
			t.Errorf("%s: ended with %v", name, err)
		}
		_ = conn.Close()
	}
	if code := witness.Say("show", chattest.Object{"text": "still here"}); code != 0 {
		t.Errorf("others noticed: %d", code)
	}
	_, response, err := websocket.DefaultDialer.Dial(address, http.Header{"Origin": {"https://evil.example.com"}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign origin: %v", err)
	}
}

func TestTooFast(t *testing.T) {
	_, url := serve(t, func(c *Config) {
		c.Limits = limit.NewLimits(limit.Settings{
			MessageSettings: limit.MessageSettings{Message: ratelimit.Rate{Burst: 2, Per: time.Hour}}, AddressFactor: 1000, Offence: ratelimit.Rate{Burst: 3, Per: time.Hour},
		})
	})
	c, other := chattest.Join(t, url, "Mina", "show"), chattest.Join(t, url, "Yuna", "show")
	for range 2 {
		if code := c.Say("show", chattest.Object{"text": "1"}); code != 0 {
			t.Fatal(code)
		}
	}
	r := c.Ask("publish", chattest.Object{"channel": "chat:show", "data": chattest.Object{"text": "2"}})
	if r.Error == nil || r.Error.Code != 4001 || !strings.Contains(r.Error.Message, "; retry in ") || !r.Error.Temporary {
		t.Errorf("%+v", r.Error)
	}
	if code := other.Say("show", chattest.Object{"text": "1"}); code != 0 {
		t.Errorf("another was refused too: %d", code)
	}
	for range 3 { // they do not listen
		c.Send(chattest.Object{"id": 99, "publish": chattest.Object{"channel": "chat:show", "data": chattest.Object{"text": "2"}}})
	}
	if code := c.End(); code != int(disconnectFlood.Code) {
		t.Errorf("ended with %d", code)
	}
}

// TestReadingTooMuch is somebody who asks for what is large, or opens rooms, again and
// again.
func TestReadingTooMuch(t *testing.T) {
	_, url := serve(t, func(c *Config) {
		c.Limits = limit.NewLimits(limit.Settings{
			Read: ratelimit.Rate{Burst: 5, Per: time.Hour}, RPC: ratelimit.Rate{Burst: 1, Per: time.Hour}, Offence: ratelimit.Rate{Burst: 4, Per: time.Hour},
		})
	})
	c, other := chattest.Join(t, url, "Mina", "show"), chattest.Join(t, url, "Yuna", "show") // 1 of 5
	for i := range 4 {
		if r := c.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50}); r.Error != nil {
			t.Fatalf("%d: %+v", i, r.Error)
		}
	}
	if r := c.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50}); r.Code() != int(message.CodeTooFast) || !r.Error.Temporary {
		t.Errorf("%+v", r.Error)
	}
	if r := c.Ask("subscribe", chattest.Object{"channel": "chat:another"}); r.Code() != int(message.CodeTooFast) {
		t.Errorf("%+v", r.Error)
	}
	c.Say("show", chattest.Object{"text": "/ban @Yuna"})
	if code := c.Say("show", chattest.Object{"text": "/ban @Yuna"}); code != int(message.CodeTooFast) {
		t.Errorf("commands: %d", code)
	}
	for range 2 {
		c.Send(chattest.Object{"id": 99, "subscribe": chattest.Object{"channel": "chat:another"}})
	}
	if code := c.End(); code != int(disconnectFlood.Code) {
		t.Errorf("ended with %d", code)
	}
	if r := other.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50}); r.Error != nil {
		t.Errorf("another was refused too: %+v", r.Error)
	}
}

func FuzzWrite(f *testing.F) {
	for _, seed := range []string{`{"text":"x","at":1}`, `{"text":"/ban x"}`, `{"text":"@mina","reply":"1"}`, `[`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := message.Decode(data)
		if err != nil {
			return
		}
		r := &Room{name: "show"}
		m := r.compose(message.User{ID: "a", Name: "A"}, d, time.Now())
		if m.Text == "" || len(m.Mentions) > 2*maxMentions {
			t.Errorf("%+v", m)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
	})
}
