//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A wrong key is refused with a reason, and one log line that doesn't hold it.
func TestWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, "publish.open=false", "transcode.ladder=off")
	clip := cardFile(t, "320x180", 3)
	for name, url := range map[string]string{
		"rtmp": "rtmp://" + s.rtmp + "/live/not-the-key", "srt": "srt://" + s.srt + "?streamid=publish:not-the-key",
		"rtsp": "rtsp://" + s.rtsp + "/live/not-the-key",
	} {
		format := map[string]string{"rtmp": "flv", "srt": "mpegts", "rtsp": "rtsp"}[name]
		out, err := ffmpeg(t, "-re", "-i", clip, "-c", "copy", "-f", format, url)
		if err == nil {
			t.Errorf("%s: was let in", name)
		}
		if name == "rtmp" && !strings.Contains(out, "unknown stream key") {
			t.Errorf("%s: the publisher is told %q", name, out)
		}
	}
	log := s.log.String()
	if n := strings.Count(log, "publisher refused"); n != 3 {
		t.Errorf("%d lines about refusals", n)
	}
	if strings.Contains(log, "not-the-key") {
		t.Error("the key is in the log")
	}
}

func TestSecondPublisherIsTold(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	clip := cardFile(t, "320x180", 20)
	push(t, "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/taken")
	s.live(t, "taken")
	out, err := ffmpeg(t, "-re", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/taken")
	if err == nil || !strings.Contains(out, "already live") {
		t.Errorf("%v: %q", err, out)
	}
}

// Publishing a codec that can't be packaged is refused, with what to use instead.
func TestUnsupportedCodecIsNamed(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off")
	out, err := ffmpeg(t, "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=5",
		"-c:v", "flv1", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	log := s.log.String()
	for where, text := range map[string]string{"the log": log, "the publisher's output": out} {
		if err == nil || !strings.Contains(text, "Sorenson H.263") || !strings.Contains(text, "set the encoder to H.264") {
			t.Errorf("%s does not say what to do: %s", where, text)
		}
	}
}

// At the end of the server, viewers who wait are sent away at once; the stream is not
// over, and goes on when the server is back.
func TestStopSendsViewersAway(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=180p")
	push(t, "-re", "-stream_loop", "-1", "-i", cardFile(t, "640x360", 10), "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show") // larger than the rung
	s.live(t, "show")
	_, playlist := s.get(t, "/live/show/source.m3u8")
	last := strings.Count(playlist, "#EXTINF") // media sequence 0 is still listed
	answer := make(chan string, 1)
	go func() {
		r, err := http.Get(fmt.Sprintf("http://%s/live/show/source.m3u8?_HLS_msn=%d", s.http, last+1))
		if err != nil {
			answer <- err.Error()
			return
		}
		defer r.Body.Close()
		buf := make([]byte, 1<<16)
		n := 0
		for {
			m, err := r.Body.Read(buf[n:])
			if n += m; err != nil {
				break
			}
		}
		answer <- r.Status + " " + string(buf[:n])
	}()
	pause(500 * time.Millisecond)
	var workers []int
	eventually(t, "FFmpeg makes the rung", func() bool {
		workers = children(s.cmd.Process.Pid)
		return len(workers) > 0
	})
	s.stop(t)
	if got := <-answer; !strings.HasPrefix(got, "503 ") {
		t.Errorf("the waiting viewer got %q", got)
	}
	for _, pid := range workers {
		if program, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && strings.HasPrefix(string(program), "ffmpeg") {
			t.Errorf("FFmpeg's process %d is left behind", pid)
		}
	}
	s.run(t)
	code, again := s.get(t, "/live/show/source.m3u8")
	if code != http.StatusOK || strings.Contains(again, "#EXT-X-ENDLIST") || strings.Contains(again, "#EXT-X-GAP") ||
		strings.Count(again, "#EXTINF") < last {
		t.Errorf("after the return: %d\n%s", code, again)
	}
}

func TestPortInUseNamesTheKey(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := exec.Command(binary, "serve", "--data", t.TempDir(), "--set", "rtmp.listen="+l.Addr().String(),
		"--set", "http.listen=", "--set", "srt.listen=", "--set", "rtsp.listen=", "--set", "webrtc.listen=").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "rtmp.listen") || !strings.Contains(string(out), "in use") {
		t.Errorf("%v: %s", err, out)
	}
}

// Without FFmpeg the source's own rendition is served, and one line says why.
func TestWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=auto", "transcode.ffmpeg=/nonexistent/ffmpeg")
	push(t, "-re", "-stream_loop", "-1", "-i", cardFile(t, "640x480", 10), "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 || !strings.Contains(s.log.String(), "transcode.ladder=off") {
		t.Errorf("%d errors are logged", n)
	}
	if _, index := s.get(t, "/live/show/index.m3u8"); !strings.Contains(index, "source.m3u8") || strings.Contains(index, "360p") {
		t.Errorf("got\n%s", index)
	}
}
