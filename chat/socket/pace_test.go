package socket

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/centrifugal/centrifuge"
)

// costly is a socket that takes everything, and some time for it.
type costly struct {
	syscall.RawConn
	outbox *outbox
	cost   time.Duration
	frames int
	got    map[string]time.Time // when each message came
	order  []string
}

// Write stands for the system call in attempt.
func (c *costly) Write(func(uintptr) bool) error {
	time.Sleep(c.cost)
	c.frames++
	for line := range strings.SplitSeq(string(c.outbox.attempt.b), "\n") {
		_, name, _ := strings.Cut(line, `"data":"`)
		name, _, _ = strings.Cut(name, `"`)
		c.order = append(c.order, name)
		c.got[name] = time.Now()
	}
	c.outbox.attempt.n = len(c.outbox.attempt.b)
	return nil
}

// paced is a room of readers who are costly to write to, on a machine of two processors.
type paced struct {
	fanout  *Fanout
	room    *subscribers
	sockets []*costly
	sent    []time.Time
}

func newPaced(readers int, cost time.Duration) *paced {
	p := &paced{fanout: NewFanout()}
	p.fanout.load.processors = 2
	p.room = newSubscribers(p.fanout, "room")
	p.fanout.rooms["room"] = p.room
	for range readers {
		o := newOutbox(nil, 1<<20, func(f func()) { go f() })
		socket := &costly{outbox: o, cost: cost, got: make(map[string]time.Time)}
		o.raw = socket
		m := &member{client: new(centrifuge.Client), transport: &transport{outbox: o, encoding: jsonEncoding}, index: len(p.sockets)}
		p.room.members[m.client] = m
		p.room.active = append(p.room.active, m)
		p.sockets = append(p.sockets, socket)
	}
	return p
}

// say publishes as many messages, one each gap.
func (p *paced) say(messages int, gap time.Duration) {
	for range messages {
		n := len(p.sent)
		p.sent = append(p.sent, time.Now())
		_ = p.fanout.Publish("room", &centrifuge.Publication{Data: fmt.Appendf(nil, `"%d"`, n)}, centrifuge.StreamPosition{})
		time.Sleep(gap)
	}
}

// slowest is how long a message from the nth on took to its last reader.
func (p *paced) slowest(t *testing.T, from int) (slowest time.Duration) {
	t.Helper()
	for _, s := range p.sockets {
		if len(s.order) != len(p.sent) {
			t.Fatalf("a reader has %d of %d messages", len(s.order), len(p.sent))
		}
		for n, name := range s.order {
			if name != fmt.Sprint(n) {
				t.Fatalf("a reader has message %s at place %d", name, n)
			}
			if n >= from {
				slowest = max(slowest, s.got[name].Sub(p.sent[n]))
			}
		}
	}
	return slowest
}

func TestPace(t *testing.T) {
	tests := []struct {
		name      string
		readers   int
		cost, gap time.Duration // of a write, between messages
		slowest   time.Duration
		perFrame  float64 // at least
	}{
		// Alone, a message takes what the writing takes.
		{"quiet", 200, 50 * time.Microsecond, 2 * time.Second, 10 * time.Millisecond, 1},
		{"small", 20, 10 * time.Microsecond, 10 * time.Millisecond, 200 * time.Microsecond, 1},
		{"large and quiet", 200, 500 * time.Microsecond, 333 * time.Millisecond, 100 * time.Millisecond, 1},
		// As at 1,000 readers and 100 messages a second: 40 ms and twice the writing.
		{"busy", 200, 50 * time.Microsecond, 10 * time.Millisecond, usualDelay + 2*10*time.Millisecond, 4.5},
		// As at 2,000 readers and 20 messages a second.
		{"middling", 200, 100 * time.Microsecond, 45 * time.Millisecond, usualDelay + 2*20*time.Millisecond, 1.9},
		// What comes while a frame is written waits for that, too.
		{"more than can be written", 200, 500 * time.Microsecond, 20 * time.Millisecond, longestDelay + 200*time.Millisecond, 4.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const learning, messages = 100, 300
				p := newPaced(tt.readers, tt.cost)
				p.say(learning, tt.gap)
				time.Sleep(time.Second)
				synctest.Wait()
				before := p.sockets[0].frames
				p.say(messages, tt.gap)
				time.Sleep(time.Second)
				synctest.Wait()
				if got := p.slowest(t, learning); got > tt.slowest {
					t.Errorf("the slowest message took %v, want %v at most", got, tt.slowest)
				}
				frames := p.sockets[0].frames - before
				if got := messages / float64(frames); got < tt.perFrame || tt.perFrame == 1 && got > 1 {
					t.Errorf("%.2f messages in a frame, want %v", got, tt.perFrame)
				}
			})
		})
	}
}

// TestPaceAfterSilence has a busy room fall silent: the first message then goes out at
// once.
func TestPaceAfterSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaced(200, 50*time.Microsecond)
		p.say(300, 10*time.Millisecond)
		time.Sleep(10 * time.Second)
		n := len(p.sent)
		p.say(1, time.Second)
		synctest.Wait()
		if got := p.slowest(t, n); got > 10*time.Millisecond {
			t.Errorf("it took %v", got)
		}
	})
}

// TestPaceOfManyRooms has rooms, none of which is busy by itself, share the processors.
func TestPaceOfManyRooms(t *testing.T) {
	l := load{processors: 2, cost: 10e-6}
	now := time.Now()
	var p pace
	for range 1000 {
		now = now.Add(50 * time.Millisecond)
		p.note(now)
		l.note(now, 200)
	}
	if got := p.delay(&l, 200); got != 0 {
		t.Errorf("one room waits %v", got)
	}
	for range 1000 {
		now = now.Add(5 * time.Millisecond)
		l.note(now, 200)
	}
	if got, want := p.delay(&l, 200), usualDelay+2*time.Millisecond; got != want {
		t.Errorf("one of ten rooms waits %v, want %v", got, want)
	}
	quiet := pace{gap: 1}
	if got := quiet.delay(&l, 200); got != 0 {
		t.Errorf("a quiet room beside them waits %v", got)
	}
}

// TestCloseEndsTheWait closes a fan-out while a message waits: it is delivered.
func TestCloseEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaced(200, 50*time.Microsecond)
		p.say(300, 10*time.Millisecond)
		begun := time.Now()
		if err := p.fanout.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > 20*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		p.slowest(t, 0)
	})
}
