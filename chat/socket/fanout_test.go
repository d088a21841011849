package socket

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/centrifugal/centrifuge"
	"github.com/centrifugal/protocol"
	"github.com/gobwas/ws"
)

// TestJoinWhileOthersWrite joins readers while messages come: nobody may miss one from
// their first on, or get one twice.
func TestJoinWhileOthersWrite(t *testing.T) {
	s := startServer(t, Config{})
	const messages, readers = 400, 40
	s.say("0")
	epoch := epochOf(s)
	var all sync.WaitGroup
	all.Go(func() {
		for i := 1; i < messages; i++ {
			s.say(fmt.Sprint(i))
		}
	})
	for i := range readers {
		all.Go(func() {
			p := s.dial()
			recover := ""
			if i%2 == 0 { // from the first message on
				recover = fmt.Sprintf(`,"recover":true,"epoch":%q,"offset":0`, epoch)
			}
			p.join(recover)
			line, err := p.next()
			if err != nil {
				t.Error(err)
				return
			}
			p.lines = append([]string{line}, p.lines...)
			from := offsetOf(t, line)
			if i%2 == 0 {
				from = 0
			}
			got := p.publications(messages - int(from))
			for at, one := range got {
				if want := from + uint64(at) + 1; one.Offset != want {
					t.Errorf("reader %d: offset %d in place of %d", i, one.Offset, want)
					return
				}
			}
		})
	}
	all.Wait()
}

func epochOf(s *server) string {
	h, err := s.node.History("room")
	if err != nil {
		s.Fatal(err)
	}
	return h.Epoch
}

func offsetOf(t *testing.T, line string) uint64 {
	t.Helper()
	var a answer
	a.read([]byte(line), jsonEncoding)
	if !a.seen {
		t.Errorf("%s is no subscription", line)
	}
	return a.offset
}

func TestProtobuf(t *testing.T) {
	s := startServer(t, Config{})
	p := s.dial("centrifuge-protobuf")
	encoder := protocol.NewProtobufCommandEncoder()
	for _, c := range []*protocol.Command{
		{Id: 1, Connect: &protocol.ConnectRequest{}}, {Id: 2, Subscribe: &protocol.SubscribeRequest{Channel: "room"}},
	} {
		b, err := encoder.Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		p.frame(ws.NewBinaryFrame(b))
	}
	var replies []*protocol.Reply
	for len(replies) < 3 {
		f, err := ws.ReadFrame(p.reader)
		if err != nil {
			t.Fatal(err)
		}
		decoder := protocol.NewProtobufReplyDecoder(f.Payload)
		for {
			r, err := decoder.Decode()
			if r != nil {
				replies = append(replies, r)
			}
			if err != nil {
				break
			}
		}
		if len(replies) == 2 {
			s.say("hello")
		}
	}
	if got := string(replies[2].GetPush().GetPub().GetData()); got != `"hello"` {
		t.Errorf("got %s", got)
	}
}

// TestUnsubscribe is somebody who leaves the room and stays connected.
func TestUnsubscribe(t *testing.T) {
	s := startServer(t, Config{})
	p := s.dial()
	p.join("")
	p.send(`{"id":3,"unsubscribe":{"channel":"room"}}`, `{"id":4,"subscribe":{"channel":"no"}}`)
	for range 3 { // both subscriptions' answers and the other's
		if _, err := p.next(); err != nil {
			t.Fatal(err)
		}
	}
	s.say("unheard")
	p.send(`{"id":6,"subscribe":{"channel":"other"}}`)
	for {
		line, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "unheard") {
			t.Error("it is still told")
		}
		if strings.Contains(line, `"id":6`) {
			break
		}
	}
	s.fanout.mu.Lock()
	defer s.fanout.mu.Unlock()
	if len(s.fanout.rooms) != 1 {
		t.Errorf("%d rooms are kept, want the one with a subscriber", len(s.fanout.rooms))
	}
}

// TestGap is a stream of which something is missing: readers subscribe again.
func TestGap(t *testing.T) {
	s := startServer(t, Config{})
	p := s.dial()
	p.join("")
	if _, err := p.next(); err != nil { // the subscription's answer
		t.Fatal(err)
	}
	s.say("1")
	p.publications(1)
	_ = s.fanout.Publish("room", &centrifuge.Publication{Data: []byte(`"7"`), Offset: 7}, centrifuge.StreamPosition{Offset: 7, Epoch: epochOf(s)})
	line, err := p.next()
	if err != nil || !strings.Contains(line, `"unsubscribe":{"code":2500`) {
		t.Errorf("got %s, %v", line, err)
	}
}

// TestSlowReader is somebody who does not read: they are disconnected, and nobody waits
// for them.
func TestSlowReader(t *testing.T) {
	s := startServer(t, Config{MaxPending: 16 << 10})
	slow, quick := s.dial(), s.dial()
	slow.join("")
	quick.join("")
	if _, err := quick.next(); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.next(); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 64<<10)
	sent := 0
	for s.node.Hub().NumSubscribers("room") == 2 {
		s.say(large)
		quick.publications(1)
		if sent++; sent > 2000 {
			t.Fatal("the slow reader is kept")
		}
	}
	if code := slow.closed(); code != int(centrifuge.DisconnectSlow.Code) {
		t.Errorf("closed with %d", code)
	}
}

// TestLateNotice is a client who is back before the end of their subscription has been
// told: the library tells the client first. They stay.
func TestLateNotice(t *testing.T) {
	s := startServer(t, Config{})
	p := s.dial()
	p.join("")
	if _, err := p.next(); err != nil {
		t.Fatal(err)
	}
	clients := s.node.Hub().Connections()
	if len(clients) != 1 {
		t.Fatalf("%d clients", len(clients))
	}
	for _, client := range clients {
		if s.fanout.Leave(client, "room") {
			t.Error("they were put out")
		}
	}
	s.say("1")
	p.publications(1)
}
