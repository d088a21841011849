//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/message"
)

// redisServer is a real one that a test can end and start again.
type redisServer struct {
	address string
	dir     string
	cmd     *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	r := &redisServer{address: fmt.Sprintf("127.0.0.1:%d", freePort(t)), dir: t.TempDir()}
	r.run(t)
	t.Cleanup(r.kill)
	return r
}

func (r *redisServer) run(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(r.address)
	r.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", r.dir)
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("%v; scripts/install.sh redis-server installs it", err)
	}
	eventually(t, "redis listens", func() bool {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
}

// kill ends it as the kernel would; nothing of it is kept.
func (r *redisServer) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// chatProcess runs a server of the role chat.
func chatProcess(t *testing.T, redis *redisServer) *server {
	t.Helper()
	s := prepare(t)
	s.args = []string{
		"serve", "--role", "chat", "--data", s.data, "--set", "admin.listen=", "--set", "http.listen=" + s.http, "--set", "redis.url=redis://" + redis.address,
		"--set", "chat.guests=write", "--set", "chat.rate_limit=off", "--set", "api.token=" + apiToken,
		"--set", "chat.token_key=0123456789abcdef0123456789abcdef", "--set", "chat.drain=500ms",
	}
	s.run(t)
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("%s said:\n%s", s.http, s.log)
		}
	})
	return s
}

// listener is a client that keeps their place, and complains of what comes twice.
type listener struct {
	*chattest.Client
	t      *testing.T
	texts  []string
	epoch  string
	offset uint64
	apart  bool // as they were last told
}

// listen connects to a process; before is where they were until now, or nil.
func listen(t *testing.T, s *server, name string, before *listener) *listener {
	t.Helper()
	l := &listener{Client: chattest.Dial(t, "http://"+s.http), t: t}
	if r := l.Ask("connect", chattest.Object{"data": chattest.Object{"name": name}}); r.Connect == nil {
		t.Fatalf("connect: %+v", r.Error)
	} else {
		l.Hello = r.Connect.Data
	}
	ask := chattest.Object{"channel": "chat:show"}
	if before != nil {
		ask["recover"], ask["offset"], ask["epoch"] = true, before.offset, before.epoch
		l.texts = slices.Clone(before.texts)
	}
	r := l.Ask("subscribe", ask).Subscribe
	if r == nil || before != nil && !r.Recovered {
		t.Fatalf("subscribe: %+v", r)
	}
	l.epoch, l.offset = r.Epoch, r.Offset
	for _, p := range r.Publications {
		l.take(p)
	}
	l.Ask("subscribe", chattest.Object{"channel": "react:show"})
	return l
}

func (l *listener) take(p chattest.Publication) {
	l.t.Helper()
	if strings.HasPrefix(p.Channel, "react:") {
		var pulse message.ReactionTick
		if json.Unmarshal(p.Data, &pulse) == nil && pulse.Stats != nil {
			l.apart = pulse.Stats.Apart
		}
		return
	}
	l.offset = p.Offset
	var m message.Message
	if message.Kind(p.Data) != "" || json.Unmarshal(p.Data, &m) != nil {
		return
	}
	if slices.Contains(l.texts, m.Text) {
		l.t.Errorf("%q came twice", m.Text)
	}
	l.texts = append(l.texts, m.Text)
}

// until listens until something is so.
func (l *listener) until(what string, ok func() bool) {
	l.t.Helper()
	for late := time.After(patience); !ok(); {
		select {
		case p := <-l.Pushes:
			l.take(p)
		case code := <-l.Closed:
			l.t.Fatalf("closed with %d before %s", code, what)
		case <-late:
			l.t.Fatalf("not %s; heard %q", what, l.texts)
		}
	}
}

// hears listens until they have these, and all the others once.
func (l *listener) hears(texts ...string) {
	l.t.Helper()
	l.until(fmt.Sprintf("heard %q", texts), func() bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !slices.Contains(l.texts, text) })
	})
}

func (l *listener) says(texts ...string) {
	l.t.Helper()
	for _, text := range texts {
		if code := l.Say("show", chattest.Object{"text": text}); code != 0 {
			l.t.Fatalf("%q was refused with %d", text, code)
		}
	}
}

// TestChatOnTwoServers is one room on two servers: what is said and decided on one
// holds on both, Redis is lost with all it had, and one server leaves.
func TestChatOnTwoServers(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	one, two := chatProcess(t, redis), chatProcess(t, redis)
	mina, yuna := listen(t, one, "Mina", nil), listen(t, two, "유나", nil)
	mina.says("from one")
	yuna.says("from two")
	mina.hears("from one", "from two")
	yuna.hears("from one", "from two")
	state := func(s *server, want string) func() bool {
		return func() bool {
			_, body := s.request(t, "GET", "/chat/show", "")
			return strings.Contains(string(body), want)
		}
	}
	eventually(t, "both count both", func() bool {
		return state(one, `"viewers":2`)() && state(two, `"viewers":2`)()
	})

	t.Run("decided on one", func(t *testing.T) {
		act := func(body string) {
			t.Helper()
			if code, answer := one.request(t, "POST", "/chat/show/acts", body); code != 200 {
				t.Fatalf("%s: %d %s", body, code, answer)
			}
		}
		act(`{"act": "slow", "seconds": 60}`)
		eventually(t, "slow on the other", state(two, `"slow":60`))
		yuna.says("first")
		if code := yuna.Say("show", chattest.Object{"text": "too soon"}); code != int(message.CodeTooFast) {
			t.Errorf("in slow mode: %d", code)
		}
		act(`{"act": "slow", "seconds": 0}`)
		eventually(t, "not slow on the other", func() bool { return !state(two, `"slow":60`)() })
		eve := listen(t, two, "Eve", nil)
		act(`{"act": "ban", "user": "` + eve.Hello.User.ID + `", "reason": "enough"}`)
		if code := eve.End(); code != 4501 {
			t.Errorf("banned with %d", code)
		}
	})

	redis.kill()
	mina.says("alone 1", "alone 2")
	yuna.says("alone too")
	mina.hears("alone 1", "alone 2")
	yuna.hears("alone too")
	mina.until("told that the servers are apart", func() bool { return mina.apart })
	redis.run(t)
	all := []string{"from one", "from two", "first", "alone 1", "alone 2", "alone too"}
	mina.hears(all...)
	yuna.hears(all...)
	mina.until("told that they are not any more", func() bool { return !mina.apart })
	for _, l := range []*listener{mina, yuna} {
		h := l.Ask("history", chattest.Object{"channel": "chat:show", "limit": 50, "reverse": true}).History
		if h == nil || messages(h.Publications) != len(all) {
			t.Errorf("history is %+v", h)
		}
	}
	pause(2500 * time.Millisecond) // nobody is recovered just after an outage

	one.stop(t)
	if code := mina.End(); code < 3000 || code >= 3500 && code < 4000 || code >= 4500 {
		t.Errorf("left with %d: clients don't come back after that", code)
	}
	yuna.says("while they move")
	moved := listen(t, two, "Mina", mina)
	yuna.says("welcome")
	moved.hears(append(all, "while they move", "welcome")...)
	yuna.hears("while they move", "welcome")
}

// messages counts those that are no events.
func messages(publications []chattest.Publication) (n int) {
	for _, p := range publications {
		if message.Kind(p.Data) == "" {
			n++
		}
	}
	return n
}
