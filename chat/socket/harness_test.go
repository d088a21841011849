package socket

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
	"github.com/prometheus/client_golang/prometheus"
)

// server is a node with a handler and a fan-out, as the chat joins them.
type server struct {
	*testing.T
	node    *centrifuge.Node
	handler *Handler
	fanout  *Fanout
	url     string
}

// brokerOf hands publications to the fan-out.
type brokerOf struct {
	*centrifuge.MemoryBroker
	fanout *Fanout
}

func (b *brokerOf) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	return b.MemoryBroker.RegisterBrokerEventHandler(&handing{h, b.fanout})
}
func (b *brokerOf) ReliableDelivery() bool { return true }

type handing struct {
	centrifuge.BrokerEventHandler
	fanout *Fanout
}

func (h *handing) HandlePublication(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool, _ *centrifuge.Publication) error {
	return h.fanout.Publish(channel, p, sp)
}

func startServer(t *testing.T, cfg Config) *server {
	t.Helper()
	node, err := centrifuge.New(centrifuge.Config{Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{T: t, node: node, fanout: NewFanout()}
	memory, err := centrifuge.NewMemoryBroker(node, centrifuge.MemoryBrokerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	node.SetBroker(&brokerOf{memory, s.fanout})
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		reply := centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "fan"}}
		Tune(&reply)
		return reply, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(e centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			if e.Channel == "no" {
				done(centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied)
				return
			}
			s.fanout.Join(c, e.Channel, func() {
				done(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnableRecovery: true}}, nil)
			})
		})
		c.OnUnsubscribe(func(e centrifuge.UnsubscribeEvent) { s.fanout.Leave(c, e.Channel) })
	})
	if err := node.Run(); err != nil {
		t.Fatal(err)
	}
	s.handler = NewHandler(node, cfg)
	web := httptest.NewServer(s.handler)
	s.url = "ws" + strings.TrimPrefix(web.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = node.Shutdown(ctx)
		if err := errors.Join(s.handler.Wait(ctx), s.fanout.Close(ctx)); err != nil {
			t.Errorf("goroutines are left: %v", err)
		}
		web.Close()
	})
	return s
}

// say publishes in a room.
func (s *server) say(text string) {
	if _, err := s.node.Publish("room", fmt.Appendf(nil, "%q", text), centrifuge.WithHistory(1000, time.Minute)); err != nil {
		s.Error(err)
	}
}

// peer is a client by hand.
type peer struct {
	*testing.T
	conn   net.Conn
	reader *bufio.Reader
	lines  []string
}

func (s *server) dial(protocols ...string) *peer {
	s.Helper()
	d := ws.Dialer{Protocols: protocols, Timeout: 5 * time.Second}
	conn, early, _, err := d.Dial(context.Background(), s.url)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	p := &peer{T: s.T, conn: conn, reader: bufio.NewReader(conn)}
	if early != nil {
		p.reader = early
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	return p
}

func (p *peer) send(commands ...string) {
	p.Helper()
	p.frame(ws.NewTextFrame([]byte(strings.Join(commands, "\n"))))
}

func (p *peer) frame(f ws.Frame) {
	p.Helper()
	if err := ws.WriteFrame(p.conn, ws.MaskFrame(f)); err != nil {
		p.Fatal(err)
	}
}

// next is the next reply; the error is a closeError after a close frame.
func (p *peer) next() (string, error) {
	for len(p.lines) == 0 {
		f, err := ws.ReadFrame(p.reader)
		if err != nil {
			return "", err
		}
		switch f.Header.OpCode {
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return "", closeError(code)
		case ws.OpText:
			for line := range bytes.SplitSeq(f.Payload, []byte("\n")) {
				p.lines = append(p.lines, string(line))
			}
		}
	}
	line := p.lines[0]
	p.lines = p.lines[1:]
	return line, nil
}

type closeError int

func (c closeError) Error() string { return fmt.Sprintf("closed %d", int(c)) }

// join connects and subscribes to the room; recover continues after an offset.
func (p *peer) join(recover string) {
	p.Helper()
	p.send(`{"id":1,"connect":{}}`, `{"id":2,"subscribe":{"channel":"room"`+recover+`}}`)
	if line, err := p.next(); err != nil || !strings.Contains(line, `"connect"`) {
		p.Fatal(line, err)
	}
}

// closed reads until the close frame and returns its code.
func (p *peer) closed() int {
	p.Helper()
	for {
		_, err := p.next()
		var code closeError
		if errors.As(err, &code) {
			return int(code)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
}

// publication is one of what a peer gets, in a subscription's answer or by itself.
type published struct {
	Data   string `json:"data"`
	Offset uint64 `json:"offset"`
}

// publications reads what was published: n, the answer's included.
func (p *peer) publications(n int) (all []published) {
	p.Helper()
	for len(all) < n {
		line, err := p.next()
		if err != nil {
			p.Fatalf("%v after %d of %d", err, len(all), n)
		}
		var r struct {
			Subscribe *struct {
				Publications []published `json:"publications"`
			} `json:"subscribe"`
			Push *struct {
				Pub published `json:"pub"`
			} `json:"push"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			p.Fatal(line, err)
		}
		if r.Subscribe != nil {
			all = append(all, r.Subscribe.Publications...)
		}
		if r.Push != nil {
			all = append(all, r.Push.Pub)
		}
	}
	return all
}

// data is what was published by the lines of a frame.
func (p *peer) data(frame string) (all []string) {
	p.Helper()
	p.lines = strings.Split(frame, "\n")
	for _, one := range p.publications(len(p.lines)) {
		all = append(all, one.Data)
	}
	return all
}
