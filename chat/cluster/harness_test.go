package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
	"github.com/globalfandom/lightstick/internal/redis"
)

const show = "chat:show"

// server is a redis-server that a test can kill and start again.
type server struct {
	t    *testing.T
	port int
	dir  string
	more []string // arguments
	cmd  *exec.Cmd
}

func startRedis(t *testing.T, more ...string) *server {
	t.Helper()
	s := &server{t: t, port: freePort(t), dir: t.TempDir(), more: more}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *server) url() string { return "redis://127.0.0.1:" + strconv.Itoa(s.port) }

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", append([]string{"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--dir", s.dir}, s.more...)...)
	s.run()
}

// run starts the command and waits until it listens.
func (s *server) run() {
	s.t.Helper()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("%v; scripts/install.sh redis-server installs it", err)
	}
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Since(begun) > chattest.Patience {
			s.t.Fatal(err)
		}
	}
}

// kill ends it as a crash does.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// lose deletes what it had.
func (s *server) lose() {
	s.t.Helper()
	if err := os.RemoveAll(s.dir + "/appendonlydir"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// process is a chat process: a node, its cluster, a WebSocket endpoint.
type process struct {
	*Cluster
	t    *testing.T
	node *centrifuge.Node
	url  string
	stop func()

	mu       sync.Mutex
	observed []string
}

func startProcess(t *testing.T, urls string) *process {
	t.Helper()
	p := newProcess(t, urls)
	p.start()
	return p
}

// newProcess makes one that does not run yet.
func newProcess(t *testing.T, urls string) *process {
	t.Helper()
	node, err := centrifuge.New(centrifuge.Config{
		HistoryMetaTTL:                  time.Hour,
		Metrics:                         centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()},
		ClientChannelPositionCheckDelay: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	if !testing.Verbose() {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	var servers redis.Servers
	if err := servers.UnmarshalText([]byte(urls)); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, node: node}
	p.Cluster, err = Open(node, servers, Handlers{Observe: func(_ string, pub *centrifuge.Publication, _ bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.observed = append(p.observed, idOf(t, pub.Data))
	}}, log)
	if err != nil {
		t.Fatal(err)
	}
	p.timing.pingInterval, p.timing.publishWait = pingEach/10, 10*publishTimeout // the machine may be busy
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}, Data: []byte("{}")}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnableRecovery: true, EnablePositioning: true}}, nil)
		})
		client.OnHistory(func(_ centrifuge.HistoryEvent, done centrifuge.HistoryCallback) { done(centrifuge.HistoryReply{}, nil) })
	})
	return p
}

func (p *process) start() {
	p.t.Helper()
	if err := p.node.Run(); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Run(ctx)
	}()
	web := httptest.NewServer(centrifuge.NewWebsocketHandler(p.node, centrifuge.WebsocketConfig{}))
	p.url = web.URL
	p.stop = sync.OnceFunc(func() {
		_ = p.node.Shutdown(context.Background())
		cancel()
		<-done
		web.Close()
	})
	p.t.Cleanup(p.stop)
}

type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(string(line))
	}
	return len(line), nil
}

func idOf(t *testing.T, data []byte) string {
	var m struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Errorf("%s: %v", data, err)
	}
	return m.ID
}

// say publishes a message with that ID.
func (p *process) say(id string) centrifuge.PublishResult {
	p.t.Helper()
	result, err := p.node.Publish(show, []byte(fmt.Sprintf(`{"id":%q}`, id)), centrifuge.WithHistory(reconcile.HistorySize, reconcile.HistoryTime), centrifuge.WithIdempotencyKey(id))
	if err != nil {
		p.t.Fatalf("say %s: %v", id, err)
	}
	return result
}

// awaitSync waits until the process is in sync with the others.
func (p *process) awaitSync() {
	p.t.Helper()
	wait(p.t, "in sync", func() bool {
		if p.Isolated(show) {
			return false
		}
		r := p.rooms.find(show)
		return r == nil || r.isInSync()
	})
}

func (p *process) awaitIsolation() {
	p.t.Helper()
	wait(p.t, "isolated", func() bool { return p.Isolated(show) })
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begun := time.Now(); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begun) > chattest.Patience {
			t.Fatal("not " + what)
		}
	}
}

// fan is a client that remembers what it was sent.
type fan struct {
	*chattest.Client
	t      *testing.T
	ids    []string
	offset uint64
	epoch  string
	// loaded the client has from a history: these may come once more, after it subscribed and
	// before it had them.
	loaded map[string]bool
}

// take notes what came.
func (f *fan) take(pub chattest.Publication) {
	id := idOf(f.t, pub.Data)
	f.offset = pub.Offset
	if f.loaded[id] {
		delete(f.loaded, id)
		return
	}
	f.ids = append(f.ids, id)
}

// join connects to a process; after is where the client was before, or nil.
func (p *process) join(after *fan) (f *fan, recovered bool) {
	p.t.Helper()
	f = &fan{Client: chattest.Dial(p.t, p.url), t: p.t}
	if r := f.Ask("connect", chattest.Object{}); r.Error != nil {
		p.t.Fatalf("connect: %+v", r.Error)
	}
	ask := chattest.Object{"channel": show}
	if after != nil {
		ask["recover"], ask["offset"], ask["epoch"] = true, after.offset, after.epoch
		f.ids = slices.Clone(after.ids)
	}
	r := f.Ask("subscribe", ask)
	if r.Subscribe == nil {
		p.t.Fatalf("subscribe: %+v", r.Error)
	}
	f.epoch, f.offset = r.Subscribe.Epoch, r.Subscribe.Offset
	for _, pub := range r.Subscribe.Publications {
		f.ids = append(f.ids, idOf(p.t, pub.Data))
		f.offset = pub.Offset
	}
	return f, r.Subscribe.Recovered
}

// has waits until the client was sent all of these, and nothing twice.
func (f *fan) has(ids ...string) {
	f.t.Helper()
	for begun := time.Now(); !subset(ids, f.ids); {
		select {
		case pub := <-f.Pushes:
			f.take(pub)
		case code := <-f.Closed:
			f.t.Fatalf("closed with %d", code)
		case <-time.After(chattest.Patience - time.Since(begun)):
			f.t.Fatalf("got %v, want %v", f.ids, ids)
		}
	}
	f.once()
}

// once looks that nothing came twice.
func (f *fan) once() {
	f.t.Helper()
	for {
		select {
		case pub := <-f.Pushes:
			f.take(pub)
			continue
		default:
		}
		break
	}
	seen := map[string]bool{}
	for _, id := range f.ids {
		if seen[id] {
			f.t.Errorf("%s came twice: %v", id, f.ids)
		}
		seen[id] = true
	}
}

func subset(ids, of []string) bool {
	for _, id := range ids {
		if !slices.Contains(of, id) {
			return false
		}
	}
	return true
}

// kept is the history that a process shows.
func (p *process) kept() []string {
	p.t.Helper()
	var ids []string
	for _, pub := range p.Recent(show, reconcile.HistorySize) {
		ids = append(ids, idOf(p.t, pub.Data))
	}
	return ids
}
