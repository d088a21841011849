//go:build e2e

// Package e2e runs the built binary with real FFmpeg and real Chromium. `make
// test-e2e` builds and installs what it needs.
package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/testcard"
)

const binary = "../bin/lightstick"

// output gathers a process's lines.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// server is a running Lightstick.
type server struct {
	cmd                   *exec.Cmd
	log                   *output
	http, rtmp, srt, rtsp string // host:port
	data                  string // its directory
	args                  []string
	done                  chan error
	stopped               bool
}

// givenPorts are those that some test has, which may not listen yet.
var givenPorts sync.Map

// freePort finds a port that nobody uses, for TCP and UDP.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		_ = l.Close()
		if _, given := givenPorts.LoadOrStore(port, true); err == nil {
			_ = u.Close()
			if !given {
				return port
			}
		}
	}
	t.Fatal("no free port")
	return 0
}

// freePair finds an even port that nobody uses, with the next one.
func freePair(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := freePort(t) &^ 1
		_, first := givenPorts.Swap(port, true)
		_, second := givenPorts.Swap(port+1, true)
		if !first || !second { // freePort gave one of the two
			return port
		}
	}
	t.Fatal("no free pair of ports")
	return 0
}

// start runs the server until the test ends, and then makes sure that it stops
// cleanly within 10 s.
func start(t *testing.T, sets ...string) *server {
	t.Helper()
	s := prepare(t, sets...)
	s.run(t)
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("the server said:\n%s", s.log)
		}
	})
	return s
}

// prepare gives a server its ports and its directory.
func prepare(t *testing.T, sets ...string) *server {
	t.Helper()
	at := func() string { return fmt.Sprintf("127.0.0.1:%d", freePort(t)) }
	s := &server{log: &output{}, http: at(), rtmp: at(), srt: at(), rtsp: at(), data: t.TempDir()}
	s.args = []string{"serve", "--data", s.data}
	for _, set := range append([]string{
		"publish.open=true", "http.listen=" + s.http, "rtmp.listen=" + s.rtmp, "srt.listen=" + s.srt,
		"rtsp.listen=" + s.rtsp, fmt.Sprintf("rtsp.udp_port=%d", freePair(t)),
	}, sets...) {
		s.args = append(s.args, "--set", set)
	}
	return s
}

// run starts the server, for the first time or again.
func (s *server) run(t *testing.T) {
	t.Helper()
	s.cmd, s.done, s.stopped = exec.Command(binary, s.args...), make(chan error, 1), false
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("%v; run make test-e2e, which builds it", err)
	}
	go func(cmd *exec.Cmd, done chan error) { done <- cmd.Wait() }(s.cmd, s.done)
	eventually(t, 10*time.Second, "the server answers", func() bool {
		answer, err := http.Get("http://" + s.http + "/readyz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// kill ends the server as the kernel would.
func (s *server) kill() {
	s.stopped = true
	_ = s.cmd.Process.Kill()
	<-s.done
}

// stop ends the server as an operator would.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	begun := time.Now()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.done:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server did not stop within 10 s")
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}

func (s *server) get(t *testing.T, path string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Get("http://" + s.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// metric reads a metric's value; labels are part of the name.
func (s *server) metric(t *testing.T, name string) float64 {
	t.Helper()
	_, text := s.get(t, "/metrics")
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	}
	return 0
}

// live waits until the stream is on air.
func (s *server) live(t *testing.T, stream string) {
	t.Helper()
	eventually(t, 15*time.Second, stream+" is live", func() bool {
		code, body := s.get(t, "/live/"+stream+"/status.json")
		return code == http.StatusOK && strings.Contains(body, `"state":"live"`)
	})
}

// eventually polls, for a bounded time.
func eventually(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
}

// pause lets real time pass where what is tested takes place in real time.
func pause(d time.Duration) { <-time.After(d) }

// publishCard publishes the test card until the test ends or stop is called.
func publishCard(t *testing.T, cfg testcard.Config) (stop func()) {
	t.Helper()
	cfg.FFmpeg = "ffmpeg"
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- testcard.Publish(ctx, cfg) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Logf("test card: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// small is a picture that leaves the processor to Chromium.
func small(url string) testcard.Config {
	return testcard.Config{URL: url, Width: 640, Height: 360, BitrateBPS: 800_000, KeyInterval: time.Second}
}

// ffmpeg runs FFmpeg to its end and returns what it complained about.
func ffmpeg(t *testing.T, limit time.Duration, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "warning"}, args...)...).CombinedOutput()
	return string(out), err
}

// push runs FFmpeg in the background until the test ends or it is stopped.
func push(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "error"}, args...)...)
	cmd.Stderr = &output{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("ffmpeg said: %s", cmd.Stderr)
		}
	})
	return cmd
}

// seen is what a viewer saw: e2e/browser/observe.js.
type seen struct {
	OK      bool   `json:"ok"`
	Failure string `json:"failure"`
	Frames  int
	Now     float64
	First   float64 `json:"firstFrameMs"`
	Ages    []struct{ At, MS float64 }
	Stalls  []struct{ At, MS float64 }
	Sizes   []struct {
		At   float64
		Size string
	}
	LastFrameAgo float64 `json:"lastFrameAgoMs"`
	Errors       []string
}

// viewer is Chromium with a page that plays.
type viewer struct {
	t      *testing.T
	in     io.WriteCloser
	lines  chan map[string]json.RawMessage
	result chan seen
}

// watch opens a page in Chromium; see e2e/browser/watch.mjs for the options.
func watch(t *testing.T, options map[string]any) *viewer {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "browser/watch.mjs", string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v := &viewer{t: t, in: in, lines: make(chan map[string]json.RawMessage, 64), result: make(chan seen, 1)}
	go v.read(out)
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return v
}

func (v *viewer) read(out io.Reader) {
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var line map[string]json.RawMessage
		if json.Unmarshal(scanner.Bytes(), &line) != nil {
			continue
		}
		if text, ok := line["result"]; ok {
			var s seen
			if err := json.Unmarshal(text, &s); err != nil {
				s.Failure = err.Error()
			}
			v.result <- s
			continue
		}
		v.lines <- line
	}
	close(v.lines)
}

// playing waits for the first frame.
func (v *viewer) playing() {
	v.t.Helper()
	for {
		select {
		case line, ok := <-v.lines:
			if !ok {
				s := <-v.result
				v.t.Fatalf("nothing played: %s %v", s.Failure, s.Errors)
			}
			if _, ok := line["playing"]; ok {
				return
			}
		case <-time.After(60 * time.Second):
			v.t.Fatal("Chromium did not start")
		}
	}
}

// ask evaluates an expression in the page.
func (v *viewer) ask(expression string) string {
	v.t.Helper()
	if _, err := fmt.Fprintln(v.in, expression); err != nil {
		v.t.Fatal(err)
	}
	select {
	case line := <-v.lines:
		return string(line["answer"])
	case <-time.After(20 * time.Second):
		v.t.Fatalf("no answer to %q", expression)
		return ""
	}
}

// done waits for the end of watching.
func (v *viewer) done() seen {
	v.t.Helper()
	return v.doneWithin(3 * time.Minute)
}

func (v *viewer) doneWithin(limit time.Duration) seen {
	v.t.Helper()
	select {
	case s := <-v.result:
		if !s.OK {
			v.t.Fatalf("watching failed: %s %v", s.Failure, s.Errors)
		}
		return s
	case <-time.After(limit):
		v.t.Fatal("Chromium did not end")
		return seen{}
	}
}

// ages are the picture's ages in milliseconds, sorted, from so long after the first
// frame on.
func (s seen) ages(after time.Duration) []float64 {
	var ages []float64
	for _, a := range s.Ages {
		if a.At > s.First+float64(after.Milliseconds()) {
			ages = append(ages, a.MS)
		}
	}
	slices.Sort(ages)
	return ages
}

// stalls are the freezes from so long after the first frame on.
func (s seen) stalls(after time.Duration) (ms []float64) {
	for _, stall := range s.Stalls {
		if stall.At > s.First+float64(after.Milliseconds()) {
			ms = append(ms, stall.MS)
		}
	}
	return ms
}

func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

var figure = regexp.MustCompile(`\s+`)

// print shows a figure in the test's output, to be found by its mark.
func print(t *testing.T, format string, a ...any) {
	t.Helper()
	fmt.Printf("FIGURE %s: %s\n", t.Name(), figure.ReplaceAllString(fmt.Sprintf(format, a...), " "))
}
