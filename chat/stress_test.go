package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/message"
)

// TestComingAndGoing has readers join, leave, lose their connections and come back
// while others write: each gets everything once, and in order.
func TestComingAndGoing(t *testing.T) {
	comeAndGo(t, 30, 3, 50, time.Second, nil)
}

func comeAndGo(t *testing.T, readers, writers, rate int, during time.Duration, change func(*Config)) {
	s, url := serve(t, change)
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	host := Author{User: message.User{ID: "host", Name: "Host", Role: message.Host}}
	var all, writing sync.WaitGroup
	var said atomic.Uint64
	for i := range writers {
		writing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if _, err := s.Say(context.WithoutCancel(ctx), "show", host, fmt.Appendf(nil, `{"text":"%d of %d"}`, n, i)); err != nil {
					t.Errorf("writer %d: %v", i, err)
					return
				}
				said.Add(1)
				time.Sleep(time.Second / time.Duration(rate))
			}
		})
	}
	over := make(chan struct{})
	go func() { writing.Wait(); close(over) }()
	var seen, visits atomic.Uint64
	for i := range readers {
		all.Go(func() {
			r := &wanderer{url: url, name: i}
			for ended := false; !ended; {
				select {
				case <-over:
					ended = true
				default:
				}
				if err := r.visit(ended, said.Load); err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
			}
			seen.Add(r.seen)
			visits.Add(r.visits)
			if r.last != said.Load() {
				t.Errorf("reader %d has %d of %d", i, r.last, said.Load())
			}
		})
	}
	all.Wait()
	t.Logf("%d said, %d seen in %d visits", said.Load(), seen.Load(), visits.Load())
}

// wanderer reads a room from its first visit on.
type wanderer struct {
	url          string
	name         int
	epoch        string
	last         uint64
	known        bool
	seen, visits uint64
	conn         *websocket.Conn
	in           bool
}

// visit connects and stays for a while; at the end until everything has come.
func (w *wanderer) visit(end bool, said func() uint64) error {
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.url, "http")+"/connection/websocket", nil)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	w.conn, w.in = conn, false
	patience := chattest.Patience
	if !end {
		patience = time.Duration(20+rand.N(300)) * time.Millisecond
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	w.send(`{"id":1,"connect":{}}`, w.subscribe())
	for stay := 1 + rand.N(100); stay > 0 || end; stay-- {
		if end && w.in && w.last >= said() {
			return nil
		}
		_, frame, err := conn.ReadMessage()
		if err != nil && !end { // their time is up: the connection is lost
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d: %w", w.last, err)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(frame)), "\n") {
			if err := w.take(line); err != nil {
				return err
			}
		}
		if w.in && !end && rand.N(10) == 0 {
			w.in = false
			w.send(`{"id":3,"unsubscribe":{"channel":"chat:show"}}`, w.subscribe2())
		}
	}
	return nil
}

func (w *wanderer) send(commands ...string) {
	_ = w.conn.WriteMessage(websocket.TextMessage, []byte(strings.Join(commands, "\n")))
}

func (w *wanderer) subscribe() string {
	w.visits++
	if !w.known {
		return `{"id":2,"subscribe":{"channel":"chat:show"}}`
	}
	return fmt.Sprintf(`{"id":2,"subscribe":{"channel":"chat:show","recover":true,"epoch":%q,"offset":%d}}`, w.epoch, w.last)
}

// subscribe2 goes out right behind the end: what comes in between it has already, or
// recovers again.
func (w *wanderer) subscribe2() string { return w.subscribe() }

func (w *wanderer) take(line string) error {
	if line == "{}" {
		w.send("{}")
		return nil
	}
	var r chattest.Reply
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return err
	}
	switch {
	case r.Error != nil:
		return fmt.Errorf("%+v", *r.Error)
	case r.Subscribe != nil:
		w.in = true
		if !w.known {
			w.known, w.epoch, w.last = true, r.Subscribe.Epoch, r.Subscribe.Offset
			return nil
		}
		if !r.Subscribe.Recovered {
			return fmt.Errorf("not recovered from %d to %d", w.last, r.Subscribe.Offset)
		}
		for _, p := range r.Subscribe.Publications {
			if p.Offset <= w.last { // came between the request and its answer
				continue
			}
			if err := w.next(p.Offset); err != nil {
				return fmt.Errorf("recovered: %w", err)
			}
		}
	case r.Push != nil && r.Push.Pub != nil:
		return w.next(r.Push.Pub.Offset)
	case r.Push != nil:
		if strings.Contains(line, `"unsubscribe"`) {
			w.send(w.subscribe())
			return nil
		}
		return fmt.Errorf("unknown push %s", line)
	}
	return nil
}

func (w *wanderer) next(offset uint64) error {
	if offset != w.last+1 {
		return fmt.Errorf("%d after %d", offset, w.last)
	}
	w.last, w.seen = offset, w.seen+1
	return nil
}
