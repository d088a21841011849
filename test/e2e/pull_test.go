//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The server fetches streams from others: HLS that FFmpeg made and nginx serves, FFmpeg's own
// servers of HTTP and encrypted SRT, and itself by HLS. What can't be fetched says why.
func TestPull(t *testing.T) {
	t.Parallel()
	web, listening, calling, self := freePort(t), freePort(t), freePort(t), freePort(t)
	clip := cardFile(t, "320x180", 20)
	dir := serveFiles(t, web)
	loop := []string{"-re", "-stream_loop", "-1", "-i", clip, "-c", "copy"}
	push(t, append(loop, "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "delete_segments", filepath.Join(dir, "index.m3u8"))...)
	push(t, append(loop, "-f", "mpegts", "-listen", "1", fmt.Sprintf("http://127.0.0.1:%d/live.ts", listening))...)
	push(t, append(loop, "-f", "mpegts", fmt.Sprintf("srt://127.0.0.1:%d?mode=listener&pkt_size=1316&passphrase=0123456789abcdef&pbkeylen=24", calling))...)
	pulls := map[string]string{
		"nginx": fmt.Sprintf("http://127.0.0.1:%d/index.m3u8", web),
		"ts":    fmt.Sprintf("http://127.0.0.1:%d/live.ts", listening),
		"srt":   fmt.Sprintf("srt://127.0.0.1:%d?passphrase=0123456789abcdef&pbkeylen=24", calling),
		"copy":  fmt.Sprintf("http://127.0.0.1:%d/live/made/index.m3u8", self),
		"gone":  fmt.Sprintf("http://user:secret@127.0.0.1:%d/none.m3u8", web),
	}
	var pairs []string
	for stream, address := range pulls {
		pairs = append(pairs, stream+"="+address)
	}
	own := fmt.Sprintf("127.0.0.1:%d", self)
	s := prepare(t, "transcode.ladder=off", "api.token="+apiToken, "http.listen="+own, "pull="+strings.Join(pairs, " "))
	s.http = own
	s.run(t)
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("the server said:\n%s", s.log)
		}
	})
	push(t, append(loop, "-f", "flv", rtmpURL(s)+"made")...)
	type view struct {
		Pull *struct{ State, Protocol, Address, Error string }
	}
	show := func(stream string) (v view, text string) {
		status, body := s.request(t, http.MethodGet, "/streams/"+stream, "")
		if err := json.Unmarshal(body, &v); err != nil || status != http.StatusOK || v.Pull == nil {
			t.Fatalf("%s: %d %s, %v", stream, status, body, err)
		}
		return v, string(body)
	}
	for stream := range pulls {
		if stream == "gone" {
			continue
		}
		eventually(t, stream+" is fetched", func() bool { v, _ := show(stream); return v.Pull.State == "live" })
		s.live(t, stream)
		if got, want := probe(t, "http://"+s.http+"/live/"+stream+"/index.m3u8"), both("h264", "aac"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: ffprobe finds %v, want %v", stream, got, want)
		}
	}
	eventually(t, "it is said what is not there", func() bool {
		v, text := show("gone")
		if strings.Contains(text, "secret") || strings.Contains(s.log.String(), "secret") {
			t.Fatal("the password is shown")
		}
		return strings.Contains(v.Pull.Error, "nothing is there under this address")
	})
}

// FFmpeg publishes by SRT with keys of each length, and is told apart from one with another
// passphrase.
func TestEncryptedSRT(t *testing.T) {
	t.Parallel()
	const passphrase = "0123456789abcdef"
	s := start(t, "transcode.ladder=off", "api.token="+apiToken, "srt.passphrase="+passphrase)
	clip := cardFile(t, "320x180", 20)
	publish := func(stream, length, passphrase string) []string {
		return []string{
			"-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "mpegts",
			srtURL(s) + stream + "&passphrase=" + passphrase + "&pbkeylen=" + length,
		}
	}
	for _, length := range []string{"16", "24", "32"} {
		push(t, publish("aes"+length, length, passphrase)...)
	}
	for _, length := range []string{"16", "24", "32"} {
		s.live(t, "aes"+length)
		var view struct {
			Input *struct {
				Link *struct{ Received uint64 }
			}
		}
		if err := json.Unmarshal(s.api(t, http.MethodGet, "/streams/aes"+length, ""), &view); err != nil || view.Input == nil || view.Input.Link == nil || view.Input.Link.Received == 0 {
			t.Errorf("AES with %s bytes: %+v, %v", length, view, err)
		}
	}
	if out, err := ffmpeg(t, publish("wrong", "16", "another-phrase")...); err == nil || strings.Contains(s.log.String(), passphrase) {
		t.Errorf("%v: %s", err, out)
	}
	eventually(t, "the reason is logged", func() bool { return strings.Contains(s.log.String(), "wrong passphrase") })
}

// serveFiles has nginx serve a new directory until the test ends.
func serveFiles(t *testing.T, port int) (dir string) {
	t.Helper()
	base, err := os.MkdirTemp("", "lightstick-nginx-") // nginx's workers have to read it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(base, "files")
	conf := filepath.Join(base, "nginx.conf")
	text := fmt.Sprintf("pid %[1]s/pid; error_log %[1]s/error.log; events {}\n"+
		"http { access_log off; types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; } server { listen 127.0.0.1:%[2]d; root %[1]s/files; } }\n", base, port)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-c", conf, "-p", base, "-g", "daemon off;")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.RemoveAll(base)
	})
	return dir
}
