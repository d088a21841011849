//go:build e2e

// Package e2e runs the built binary with real FFmpeg and real Chromium. `make
// test-e2e` builds and installs what it needs.
package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/tools/testcard"
)

const binary = "../../bin/lightstick"

// server is a running Lightstick.
type server struct {
	cmd                           *exec.Cmd
	log                           *logtest.Buffer
	http, rtmp, srt, rtsp, webrtc string // host:port
	data                          string // its directory
	args                          []string
	done                          chan error
	stopped                       bool
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

// patience bounds every wait for something that must happen. How long it takes is the
// machine's affair.
const patience = 90 * time.Second

// driverLimit bounds a browser driver that takes hundreds of steps, each with a bound of
// its own.
const driverLimit = 15 * time.Minute

// start runs the server until the test ends, and then makes sure that it stops cleanly.
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
	return prepareIn(t, t.TempDir(), sets...)
}

func prepareIn(t *testing.T, dir string, sets ...string) *server {
	t.Helper()
	at := func() string { return fmt.Sprintf("127.0.0.1:%d", freePort(t)) }
	s := &server{log: &logtest.Buffer{}, http: at(), rtmp: at(), srt: at(), rtsp: at(), webrtc: at(), data: dir}
	s.args = []string{"serve", "--data", s.data}
	for _, set := range append([]string{
		"publish.open=true", "admin.listen=", "http.listen=" + s.http, "rtmp.listen=" + s.rtmp, "srt.listen=" + s.srt,
		"rtsp.listen=" + s.rtsp, fmt.Sprintf("rtsp.udp_port=%d", freePair(t)), "webrtc.listen=" + s.webrtc,
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
	eventually(t, "the server answers", func() bool {
		select {
		case err := <-s.done:
			s.stopped = true
			t.Fatalf("the server ended at its start (%v):\n%s", err, s.log)
		default:
		}
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
	if err := s.terminate(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// terminate sends SIGTERM and waits for the server's end.
func (s *server) terminate() error {
	s.stopped = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.done:
		return err
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("it did not stop within %v of SIGTERM", patience)
	}
}

func (s *server) get(t *testing.T, path string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: patience}
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
	eventually(t, stream+" is live", func() bool {
		code, body := s.get(t, "/live/"+stream+"/status.json")
		return code == http.StatusOK && strings.Contains(body, `"state":"live"`)
	})
}

// eventually polls until something is so, or patience is over.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
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
func ffmpeg(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "warning"}, args...)...).CombinedOutput()
	return string(out), err
}

// push runs FFmpeg in the background until the test ends or it is stopped.
func push(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "error"}, args...)...)
	cmd.Stderr = &logtest.Buffer{}
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
