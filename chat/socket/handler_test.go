package socket

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// TestBadFrames is what no client should send: a close code, and nothing for others.
func TestBadFrames(t *testing.T) {
	s := startServer(t, Config{MaxMessage: 1024})
	other := s.dial()
	other.join("")
	masked := func(f ws.Frame) []byte {
		b, err := ws.CompileFrame(ws.MaskFrame(f))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := []struct {
		name string
		sent []byte
		code int
	}{
		{"not masked", ws.MustCompileFrame(ws.NewTextFrame([]byte(`{"id":1,"connect":{}}`))), 1002},
		{"reserved opcode", []byte{0x83, 0x80, 0, 0, 0, 0}, 1002},
		{"reserved bits", []byte{0xf1, 0x80, 0, 0, 0, 0}, 1002},
		{"length with its highest bit", []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1002},
		{"long control frame", []byte{0x89, 0xfe, 0, 126, 0, 0, 0, 0}, 1002},
		{"continuation of nothing", masked(ws.NewFrame(ws.OpContinuation, true, []byte("x"))), 1002},
		{"binary where JSON is spoken", masked(ws.NewBinaryFrame([]byte("{}"))), 1003},
		{"not UTF-8", masked(ws.NewTextFrame([]byte{0xff, 0xfe})), 1007},
		{"too big", masked(ws.NewTextFrame([]byte(strings.Repeat(" ", 1025)))), 1009},
		{"gigantic", []byte{0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1009},
		{"too big in parts", append(masked(ws.NewFrame(ws.OpText, false, make([]byte, 1000))), masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 100)))...), 1009},
		{"no JSON", masked(ws.NewTextFrame([]byte("hello"))), 3501},
		{"empty", masked(ws.NewTextFrame(nil)), 3501},
		{"close", masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, ""))), 1000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := s.dial()
			p.T = t
			if _, err := p.conn.Write(tt.sent); err != nil {
				t.Fatal(err)
			}
			if code := p.closed(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
		})
	}
	s.say("still here")
	other.publications(1)
}

// TestParts is a message in several frames with a ping between.
func TestParts(t *testing.T) {
	s := startServer(t, Config{})
	p := s.dial()
	p.frame(ws.NewFrame(ws.OpText, false, []byte(`{"id":1,`)))
	p.frame(ws.NewPingFrame([]byte("hi")))
	p.frame(ws.NewFrame(ws.OpContinuation, true, []byte(`"connect":{}}`)))
	f, err := ws.ReadFrame(p.reader)
	if err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "hi" {
		t.Errorf("got %v %q, %v", f.Header.OpCode, f.Payload, err)
	}
	if line, err := p.next(); err != nil || !strings.Contains(line, `"connect"`) {
		t.Errorf("got %s, %v", line, err)
	}
}

func TestRefused(t *testing.T) {
	s := startServer(t, Config{AllowedOrigins: func(r *http.Request) bool { return r.Header.Get("Origin") == "" }})
	upgrade := http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	tests := []struct {
		name   string
		change func(http.Header)
		status int
	}{
		{"no upgrade", func(h http.Header) { h.Del("Upgrade") }, http.StatusUpgradeRequired},
		{"origin", func(h http.Header) { h.Set("Origin", "https://evil.example.com") }, http.StatusForbidden},
		{"subprotocol", func(h http.Header) { h.Set("Sec-Websocket-Protocol", "mqtt") }, http.StatusBadRequest},
		{"version", func(h http.Header) { h.Set("Sec-Websocket-Version", "8") }, http.StatusUpgradeRequired},
		{"key", func(h http.Header) { h.Set("Sec-Websocket-Key", "x") }, http.StatusBadRequest},
		{"fine", func(h http.Header) { h.Set("Sec-Websocket-Protocol", "other, centrifuge-json") }, http.StatusSwitchingProtocols},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodGet, "http"+strings.TrimPrefix(s.url, "ws"), nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = upgrade.Clone()
			tt.change(request.Header)
			answer, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != tt.status {
				t.Errorf("status %d, want %d", answer.StatusCode, tt.status)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	s := startServer(t, Config{PerAddress: 2, Rate: 1000})
	first, _ := s.dial(), s.dial()
	_, _, _, err := ws.Dial(context.Background(), s.url)
	if status, ok := err.(ws.StatusError); !ok || int(status) != http.StatusTooManyRequests {
		t.Errorf("got %v", err)
	}
	first.frame(ws.NewCloseFrame(nil))
	first.closed()
	for {
		conn, _, _, err := ws.Dial(context.Background(), s.url)
		if err == nil {
			_ = conn.Close()
			return
		}
	}
}

// TestAdmission lets in at its rate, keeps a short queue, and sends others away for
// longer the more there are.
func TestAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &admission{rate: 100, burst: 50, queue: time.Second}
		begun, in, away, longest := time.Now(), make(chan time.Duration, 1000), 0, time.Duration(0)
		waiting := 0
		for range 1000 {
			wait, retry := a.take(time.Now())
			switch {
			case retry > 0:
				away++
				longest = max(longest, retry)
			case wait > 0:
				waiting++
				time.AfterFunc(wait, func() { in <- time.Since(begun) })
			default:
				in <- 0
			}
		}
		if waiting != 100 || away != 850 {
			t.Errorf("%d wait, %d are away", waiting, away)
		}
		if longest < 3*time.Second || longest > 12*time.Second {
			t.Errorf("the last is to come back within %v", longest)
		}
		time.Sleep(2 * time.Second)
		if len(in) != 150 {
			t.Errorf("%d are in", len(in))
		}
		if retry, err := a.admit(t.Context()); retry != 0 || err != nil {
			t.Errorf("after the storm: %v, %v", retry, err)
		}
	})
}

// TestDrain asks all to move, over a window, and lets nobody in meanwhile.
func TestDrain(t *testing.T) {
	s := startServer(t, Config{})
	var peers []*peer
	for range 5 {
		p := s.dial()
		p.join("")
		if _, err := p.next(); err != nil {
			t.Fatal(err)
		}
		peers = append(peers, p)
	}
	begun := time.Now()
	if err := s.handler.Drain(t.Context(), 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 150*time.Millisecond {
		t.Errorf("all were told within %v", took)
	}
	for _, p := range peers {
		if code := p.closed(); code != 4100 {
			t.Errorf("closed with %d", code)
		}
	}
	answer, err := http.Get("http" + strings.TrimPrefix(s.url, "ws"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	_, _, _, err = ws.Dial(context.Background(), s.url)
	if status, ok := err.(ws.StatusError); !ok || int(status) != http.StatusServiceUnavailable {
		t.Errorf("got %v", err)
	}
}

// TestOutboxWithoutSocket writes by the goroutine, as over TLS.
func TestOutboxWithoutSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		o := newOutbox(here, 10, func(f func()) { go f() })
		if err := o.write([]byte("12345")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the goroutine has taken it
		if err := o.write([]byte("6789012345")); err != nil {
			t.Fatal(err)
		}
		if err := o.write([]byte("x")); err == nil {
			t.Error("more than the bound was taken")
		}
		o.last([]byte("bye"))
		got := make([]byte, 18)
		for n := 0; n < len(got); {
			m, err := there.Read(got[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
		if string(got) != "123456789012345bye" {
			t.Errorf("got %q", got)
		}
		if err := o.write([]byte("x")); err == nil {
			t.Error("written after the last")
		}
		_ = there.Close()
	})
}

// TestRetryAfter is in whole seconds, as HTTP has it.
func TestRetryAfter(t *testing.T) {
	s := startServer(t, Config{Rate: 0.001, Burst: 1, Queue: time.Millisecond})
	s.dial()
	request, err := http.NewRequest(http.MethodGet, "http"+strings.TrimPrefix(s.url, "ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	after := answer.Header.Get("Retry-After")
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", answer.StatusCode)
	}
	if seconds, err := strconv.Atoi(after); err != nil || seconds < 1 {
		t.Errorf("Retry-After: %q", after)
	}
}

// TestClosedAtOnce is a peer who answers the close frame: the connection ends then, as
// browsers wait for that before they tell their pages.
func TestClosedAtOnce(t *testing.T) {
	s := startServer(t, Config{CloseTimeout: time.Hour})
	for _, sent := range []string{"hello", "\xff"} {
		p := s.dial()
		p.frame(ws.NewTextFrame([]byte(sent)))
		code := p.closed()
		p.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), "")))
		if _, err := p.reader.ReadByte(); err != io.EOF {
			t.Errorf("%q: %v, want the end of the connection", sent, err)
		}
	}
}
