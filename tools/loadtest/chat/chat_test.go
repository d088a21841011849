package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// server is a chat server that fails as the test tells it to.
type server struct {
	mu      sync.Mutex
	readers []net.Conn
	busy    int                               // upgrades to answer with 503 first
	fate    func(n int, push string) []string // what becomes of the n-th message
	n       int
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	busy := s.busy > 0
	s.busy--
	s.mu.Unlock()
	if busy {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	go s.serve(conn)
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		data, err := wsutil.ReadClientText(conn)
		if err != nil {
			return
		}
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			s.command(conn, line)
		}
	}
}

func (s *server) command(conn net.Conn, line []byte) {
	var c struct {
		ID      int `json:"id"`
		Publish *struct {
			Data json.RawMessage `json:"data"`
		} `json:"publish"`
		Subscribe *struct{} `json:"subscribe"`
	}
	if json.Unmarshal(line, &c) != nil || c.ID == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Subscribe != nil {
		s.readers = append(s.readers, conn)
	}
	if c.Publish == nil {
		_ = wsutil.WriteServerText(conn, fmt.Appendf(nil, `{"id":%d,"subscribe":{}}`, c.ID))
		return
	}
	s.n++
	lines := s.fate(s.n, fmt.Sprintf(`{"push":{"channel":"chat:load1","pub":{"data":%s}}}`, c.Publish.Data))
	if lines == nil {
		_ = wsutil.WriteServerText(conn, fmt.Appendf(nil, `{"id":%d,"error":{"code":4001,"message":"too fast"}}`, c.ID))
		return
	}
	for _, reader := range s.readers {
		_ = wsutil.WriteServerText(reader, []byte(strings.Join(lines, "\n")))
	}
	_ = wsutil.WriteServerText(conn, fmt.Appendf(nil, `{"id":%d,"publish":{}}`, c.ID))
}

// TestFaults counts each kind of fault once for each reader.
func TestFaults(t *testing.T) {
	t.Parallel()
	var kept string
	server := &server{busy: 1, fate: func(n int, push string) []string {
		switch n {
		case 2: // lost
			return []string{"{}"}
		case 3: // twice
			return []string{push, push}
		case 4: // refused
			return nil
		case 5: // after the next
			kept = push
			return []string{"{}"}
		case 6:
			return []string{push, kept}
		}
		return []string{push}
	}}
	web := httptest.NewServer(server)
	defer web.Close()
	report, err := Run(t.Context(), Config{
		URL: "ws" + strings.TrimPrefix(web.URL, "http"), Connections: 3, Rate: 20, Even: true, Duration: 600 * time.Millisecond, settle: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Published < 8 || report.Connected != 3 || report.Busy != 1 {
		t.Fatalf("%d written, %d connected, %d times busy", report.Published, report.Connected, report.Busy)
	}
	if report.Lost != 3 || report.Doubles != 3 || report.Late != 3 || report.Refusals["4001"] != 1 {
		t.Errorf("%d lost, %d doubles, %d late, refused %v", report.Lost, report.Doubles, report.Late, report.Refusals)
	}
	if want := (report.Published - 2) * 3; report.Deliveries != want || report.Latency.Count != uint64(want) {
		t.Errorf("%d deliveries, want %d", report.Deliveries, want)
	}
	if report.Failed() != 10 {
		t.Errorf("%d faults in all", report.Failed())
	}
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "3 lost, 3 doubles, 3 out of order") {
		t.Errorf("%s %v", table.String(), err)
	}
}

func TestValidate(t *testing.T) {
	_, err := Run(t.Context(), Config{URL: "http://x", Connections: 0, Rooms: 2, Channel: "chat:one", Rate: -1, Text: 3})
	for _, want := range []string{"url:", "conns:", "channel:", "rate:", "text:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	_, err = Run(t.Context(), Config{URL: "ws://127.0.0.1:1/", Connections: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "ulimit") {
		t.Errorf("%v does not say what to raise", err)
	}
}

func TestWindow(t *testing.T) {
	var w window
	for i, step := range []struct {
		number uint32
		want   verdict
	}{{1, inOrder}, {2, inOrder}, {5, inOrder}, {3, late}, {3, double}, {5, double}, {200, inOrder}, {4, double}, {199, late}} {
		if got := w.add(step.number); got != step.want {
			t.Errorf("%d: %d is %v, want %v", i, step.number, got, step.want)
		}
	}
	if w.count() != 6 {
		t.Errorf("%d different", w.count())
	}
}

// FuzzStamp finds what was written, and nothing in what was not.
func FuzzStamp(f *testing.F) {
	f.Add([]byte(stamp{1, 2, 3, 4}.appendText(nil, "abc", 100)))
	f.Add([]byte("~lt abc 1 2 99999999999999999999999 4~"))
	f.Fuzz(func(t *testing.T, line []byte) {
		s, ok := findStamp(line, "abc")
		if !ok {
			return
		}
		again, ok := findStamp(s.appendText(nil, "abc", 0), "abc")
		if s.sent >= 0 && s.room >= 0 && s.publisher >= 0 && (!ok || again != s) {
			t.Errorf("%+v became %+v", s, again)
		}
	})
}

// FuzzFrame takes frames apart: no panic, nothing beyond the data.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0x81, 2, '{', '}'})
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, size, err := nextFrame(data)
		if err == nil && (size > len(data) || len(frame.payload) > size) {
			t.Errorf("%d of %d bytes", size, len(data))
		}
	})
}
