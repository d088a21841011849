//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A wrong key is refused with a reason, and one log line that doesn't hold it.
func TestWrongKeyIsRefused(t *testing.T) {
	s := start(t, "publish.open=false", "transcode.ladder=off")
	clip := cardFile(t, "320x180", 3)
	for name, url := range map[string]string{
		"rtmp": "rtmp://" + s.rtmp + "/live/not-the-key", "srt": "srt://" + s.srt + "?streamid=publish:not-the-key",
		"rtsp": "rtsp://" + s.rtsp + "/live/not-the-key",
	} {
		format := map[string]string{"rtmp": "flv", "srt": "mpegts", "rtsp": "rtsp"}[name]
		out, err := ffmpeg(t, 20*time.Second, "-re", "-i", clip, "-c", "copy", "-f", format, url)
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
	s := start(t, "transcode.ladder=off")
	clip := cardFile(t, "320x180", 20)
	push(t, "-re", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	out, err := ffmpeg(t, 20*time.Second, "-re", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	if err == nil || !strings.Contains(out, "already live") {
		t.Errorf("%v: %q", err, out)
	}
}

// Publishing a codec that can't be packaged is refused, with what to use instead.
func TestUnsupportedCodecIsNamed(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	out, err := ffmpeg(t, 20*time.Second, "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=5",
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
	s := start(t, "transcode.ladder=180p")
	push(t, "-re", "-i", cardFile(t, "320x180", 30), "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
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
	s.stop(t)
	if got := <-answer; !strings.HasPrefix(got, "503 ") {
		t.Errorf("the waiting viewer got %q", got)
	}
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(s.cmd.Process.Pid)).Output()
	if len(out) > 0 {
		t.Errorf("processes are left behind: %s", out)
	}
	s.run(t)
	code, again := s.get(t, "/live/show/source.m3u8")
	if code != http.StatusOK || strings.Contains(again, "#EXT-X-ENDLIST") || strings.Contains(again, "#EXT-X-GAP") ||
		strings.Count(again, "#EXTINF") < last {
		t.Errorf("after the return: %d\n%s", code, again)
	}
}

func TestPortInUseNamesTheKey(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := exec.Command(binary, "serve", "--data", t.TempDir(), "--set", "rtmp.listen="+l.Addr().String(),
		"--set", "http.listen=", "--set", "srt.listen=", "--set", "rtsp.listen=").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "rtmp.listen") || !strings.Contains(string(out), "in use") {
		t.Errorf("%v: %s", err, out)
	}
}

// Without FFmpeg the source's own rendition is served, and one line says why.
func TestWithoutFFmpeg(t *testing.T) {
	s := start(t, "transcode.ladder=auto", "transcode.ffmpeg=/nonexistent/ffmpeg")
	push(t, "-re", "-i", cardFile(t, "640x480", 20), "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 || !strings.Contains(s.log.String(), "transcode.ladder=off") {
		t.Errorf("%d errors are logged", n)
	}
	if _, index := s.get(t, "/live/show/index.m3u8"); !strings.Contains(index, "source.m3u8") || strings.Contains(index, "360p") {
		t.Errorf("got\n%s", index)
	}
}

// What a passed-through stream costs while nobody watches.
func TestCostOfAnUnwatchedStream(t *testing.T) {
	clip := t.TempDir() + "/clip.flv"
	if out, err := ffmpeg(t, time.Minute, "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=40",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=40", "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast",
		"-tune", "zerolatency", "-g", "60", "-b:v", "3M", "-maxrate", "3M", "-bufsize", "3M", "-c:a", "aac", "-b:a", "128k", clip); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := start(t, "transcode.ladder=off")
	pause(3 * time.Second)
	idle := resident(t, s.cmd.Process.Pid)
	push(t, "-re", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	pause(8 * time.Second) // the window fills
	before, begun := processorTime(t, s.cmd.Process.Pid), time.Now()
	pause(10 * time.Second)
	used := processorTime(t, s.cmd.Process.Pid) - before
	share := 100 * used.Seconds() / time.Since(begun).Seconds()
	print(t, "3 Mbit/s at 30 fps, no viewers: %.2f%% of a core; %d MB resident, %d MB more than idle",
		share, resident(t, s.cmd.Process.Pid)>>20, (resident(t, s.cmd.Process.Pid)-idle)>>20)
	if share > 5 {
		t.Errorf("%.1f%% of a core", share)
	}
}

// processorTime is what the process has used, user and system.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	total := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return time.Duration(total) * 10 * time.Millisecond // USER_HZ is 100
}

func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kb, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
