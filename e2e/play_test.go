//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watched is how many seconds are measured from glass to glass: a minute by night.
func watched() int {
	if os.Getenv("LIGHTSTICK_LONG") != "" {
		return 60
	}
	return 25
}

// The main job: published by RTMP, watched in Chromium.
func TestGlassToGlassByRTMP(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	seconds := watched()
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show", "seconds": seconds})
	v.playing()
	got := v.done()
	ages := got.ages(10 * time.Second)
	print(t, "age of the picture p50 %.0f ms, p95 %.0f ms; first frame after %.0f ms; %d frames; stalls %v",
		percentile(ages, 50), percentile(ages, 95), got.First, got.Frames, got.Stalls)
	if len(ages) < seconds-12 || got.Frames < 20*(seconds-10) {
		t.Errorf("%d ages read, %d frames seen", len(ages), got.Frames)
	}
	if len(got.Errors) > 0 {
		t.Errorf("the page complained: %v", got.Errors)
	}
}

// hls.js as it comes, in a page of a few lines, to compare with other servers.
func TestGlassToGlassWithPlainHLSJS(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	page, seconds := servePlayers(t), watched()
	v := watch(t, map[string]any{"url": page + "/browser/hls.html?src=http://" + s.http + "/live/show/index.m3u8", "seconds": seconds})
	v.playing()
	got := v.done()
	ages := got.ages(5 * time.Second)
	print(t, "hls.js at its defaults: age of the picture p50 %.0f ms, p95 %.0f ms; stalls %v",
		percentile(ages, 50), percentile(ages, 95), got.stalls(0))
	if len(ages) < seconds-10 {
		t.Errorf("%d ages read", len(ages))
	}
}

// servePlayers serves this folder's pages and the players in node_modules.
func servePlayers(t *testing.T) string {
	t.Helper()
	players := httptest.NewServer(http.FileServer(http.Dir(".")))
	t.Cleanup(players.Close)
	return players.URL
}

func TestSRTWithLadder(t *testing.T) {
	s := start(t, "transcode.ladder=180p,audio")
	publishCard(t, small("srt://"+s.srt+"?streamid=publish:show"))
	s.live(t, "show")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show", "seconds": 14})
	v.playing()
	pause(3 * time.Second)
	v.ask("window.holdLevel(180)")
	pause(4 * time.Second)
	v.ask("window.holdLevel(360)")
	got := v.done()
	var sizes []string
	for _, size := range got.Sizes {
		sizes = append(sizes, size.Size)
	}
	all := strings.Join(sizes, " ")
	if !strings.Contains(all, "320x180") || !strings.HasSuffix(all, "640x360") {
		t.Errorf("sizes seen: %s", all)
	}
	print(t, "sizes seen while switching: %s; stalls %v", all, got.Stalls)
	if n := s.metric(t, `lightstick_srt_received_packets_total{stream="show"}`); n < 100 {
		t.Errorf("%v SRT packets counted", n)
	}
}

// A stream that has just begun starts at once, in two players.
func TestFirstFrameOfAYoungStream(t *testing.T) {
	players := servePlayers(t)
	for name, url := range map[string]string{
		"hls.js": "http://%[1]s/watch/show",
		"shaka":  players + "/browser/shaka.html?src=http://%[1]s/live/show/index.m3u8",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, "transcode.ladder=off")
			publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
			s.live(t, "show")
			v := watch(t, map[string]any{"url": fmt.Sprintf(url, s.http), "seconds": 5})
			v.playing()
			got := v.done()
			ages := got.ages(2 * time.Second)
			print(t, "%s: first frame after %.0f ms, age of the picture p50 %.0f ms, stalls %v", name, got.First, percentile(ages, 50), got.Stalls)
			stalled := 0.0
			for _, stall := range got.Stalls {
				stalled += stall.MS
			}
			if got.Frames < 100 || stalled > 500 {
				t.Errorf("%s showed %d frames in 5 s, and stalled %v; %v", name, got.Frames, got.Stalls, got.Errors)
			}
		})
	}
}

// The publisher is killed and comes back: the page goes on by itself.
func TestPublisherIsKilledAndReturns(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	args := cardFile(t, "640x360", 60)
	publish := func() []string {
		return append([]string{"-re", "-stream_loop", "-1", "-i", args, "-c", "copy", "-f", "flv"}, "rtmp://"+s.rtmp+"/live/show")
	}
	first := push(t, publish()...)
	s.live(t, "show")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show", "seconds": 35})
	v.playing()
	pause(5 * time.Second)
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	pause(8 * time.Second)
	before := v.ask("window.seen.frames")
	returned := time.Now()
	push(t, publish()...)
	eventually(t, 15*time.Second, "the picture moves again", func() bool { return v.ask("window.seen.frames") != before })
	took := time.Since(returned)
	print(t, "the picture moved again %.1f s after the publisher's return", took.Seconds())
	if took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	got := v.done()
	if got.LastFrameAgo > 1000 {
		t.Errorf("at the end the picture stood still for %.0f ms", got.LastFrameAgo)
	}
}

// cardFile records a piece of moving picture to loop.
func cardFile(t *testing.T, size string, seconds int, more ...string) string {
	t.Helper()
	name := t.TempDir() + "/clip.flv"
	args := append([]string{
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=30:duration=%d", size, seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:duration=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-b:v", "600k",
		"-c:a", "aac", "-b:a", "96k",
	}, more...)
	if out, err := ffmpeg(t, time.Minute, append(args, name)...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}
