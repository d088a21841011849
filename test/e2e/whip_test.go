//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBrowserPublishes goes live from /publish with Chromium's fake camera, while 5 % of the
// packets are lost, and plays the stream by hls.js. The page is used by the keyboard, and a
// wrong key is refused before.
func TestBrowserPublishes(t *testing.T) {
	t.Parallel()
	s := start(t, "publish.open=false", "transcode.ladder=off", "api.token="+apiToken)
	var created struct {
		Key string `json:"stream_key"`
	}
	decode(t, s.api(t, "POST", "/streams", `{"name":"show"}`), &created)
	key := created.Key
	relay := lossyRelay(t, s.webrtc)
	b := goLive(t, map[string]any{
		"url": "http://" + s.http + "/publish", "wrongKey": "guess", "key": key, "port": portOf(t, s.webrtc), "relay": portOf(t, relay.address),
	})
	if refusal := b.next("refused"); !strings.Contains(refusal, "stream key") {
		t.Errorf("a wrong key is answered %s", refusal)
	}
	b.next("live")
	v := watch(t, map[string]any{"url": servePlayers(t) + "/browser/hls.html?src=http://" + s.http + "/live/show/index.m3u8"})
	v.playing()
	v.sees(100)
	playsSound(t, v)
	var stream struct {
		Input struct {
			Protocol     string
			Video, Audio struct{ Codec string }
		}
	}
	eventually(t, "the API tells what arrives", func() bool {
		decode(t, s.api(t, "GET", "/streams/show", ""), &stream)
		return strings.HasPrefix(stream.Input.Video.Codec, "avc1.") && stream.Input.Audio.Codec == "opus"
	})
	if stream.Input.Protocol != "webrtc" {
		t.Errorf("protocol %q", stream.Input.Protocol)
	}
	eventually(t, "the page tells bit rate and loss", func() bool {
		facts := b.ask("facts")
		return strings.Contains(facts, "bit/s") && strings.Contains(facts, " ms") && !strings.Contains(facts, `"loss":"0.0 %"`)
	})
	if dropped := relay.dropped.Load(); dropped < 20 {
		t.Errorf("%d packets were lost", dropped)
	}
	t.Logf("FIGURE the page says %s", b.ask("facts"))
	b.ask("stop")
	eventually(t, "the stream knows that the broadcast was stopped", func() bool {
		var status struct{ Stopped bool }
		_, text := s.get(t, "/live/show/status.json")
		decode(t, []byte(text), &status)
		return status.Stopped
	})
	if strings.Contains(s.log.String(), key) {
		t.Error("the log has the stream key")
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// playsSound waits until the player has got sound in its buffer beside the picture.
func playsSound(t *testing.T, v *viewer) {
	t.Helper()
	eventually(t, "the player has sound", func() bool {
		return v.ask(`document.querySelector('video').webkitAudioDecodedByteCount > 0`) == "true"
	})
}

// broadcaster is Chromium with the page /publish; see e2e/browser/publish.mjs.
type broadcaster struct {
	t     *testing.T
	in    io.Writer
	lines chan map[string]json.RawMessage
}

func goLive(t *testing.T, options map[string]any) *broadcaster {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "browser/publish.mjs", string(text))
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
	b := &broadcaster{t: t, in: in, lines: make(chan map[string]json.RawMessage, 16)}
	go func() {
		defer close(b.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			var line map[string]json.RawMessage
			if json.Unmarshal(scanner.Bytes(), &line) == nil {
				b.lines <- line
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return b
}

// next waits for a line of the browser.
func (b *broadcaster) next(name string) string {
	b.t.Helper()
	select {
	case line, ok := <-b.lines:
		if text, there := line[name]; ok && there {
			return string(text)
		}
		b.t.Fatalf("no %q from the browser, but %s", name, line)
	case <-time.After(2 * patience):
		b.t.Fatalf("no %q from the browser", name)
	}
	return ""
}

// ask sends a command and returns the answer.
func (b *broadcaster) ask(command string) string {
	b.t.Helper()
	if _, err := fmt.Fprintln(b.in, command); err != nil {
		b.t.Fatal(err)
	}
	return b.next("answer")
}

// udpRelay passes packets on between clients and a server, and loses each twentieth.
type udpRelay struct {
	address string
	server  *net.UDPAddr
	front   *net.UDPConn
	dropped atomic.Int64
	passed  atomic.Int64

	mu    sync.Mutex
	backs map[string]*net.UDPConn // to the server, by the client's address
	ended bool
	done  sync.WaitGroup
}

func lossyRelay(t *testing.T, server string) *udpRelay {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &udpRelay{address: front.LocalAddr().String(), server: to, front: front, backs: make(map[string]*net.UDPConn)}
	r.done.Go(r.forth)
	t.Cleanup(r.close)
	return r
}

// lost reports whether the next packet is.
func (r *udpRelay) lost() bool {
	if r.passed.Add(1)%20 != 0 {
		return false
	}
	r.dropped.Add(1)
	return true
}

func (r *udpRelay) forth() {
	packet := make([]byte, 2048)
	for {
		n, client, err := r.front.ReadFromUDP(packet)
		if err != nil {
			return
		}
		if back := r.back(client); back != nil && !r.lost() {
			_, _ = back.Write(packet[:n])
		}
	}
}

// back is a client's socket to the server; what comes by it goes to the client.
func (r *udpRelay) back(client *net.UDPAddr) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if back := r.backs[client.String()]; back != nil || r.ended {
		return back
	}
	back, err := net.DialUDP("udp", nil, r.server)
	if err != nil {
		return nil
	}
	r.backs[client.String()] = back
	r.done.Go(func() {
		packet := make([]byte, 2048)
		for {
			n, err := back.Read(packet)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil && !r.lost() {
				_, _ = r.front.WriteToUDP(packet[:n], client)
			}
		}
	})
	return back
}

func (r *udpRelay) close() {
	_ = r.front.Close()
	r.mu.Lock()
	r.ended = true
	for _, back := range r.backs {
		_ = back.Close()
	}
	r.mu.Unlock()
	r.done.Wait()
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
