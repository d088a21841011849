//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The main job: published by RTMP, watched on the page.
func TestWatchPagePlays(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	cfg := small("rtmp://" + s.rtmp + "/live/main-job")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "main-job")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/main-job"})
	v.playing()
	v.sees(90)
	eventually(t, "the picture's age is read", func() bool { return v.ask("window.seen.ages.length >= 3") == "true" })
	got := v.end()
	print(t, "age of the picture p50 %.0f ms; first frame after %.0f ms; %d frames; stalls %v",
		percentile(got.ages(0), 50), got.First, got.Frames, got.Stalls)
	if len(got.Errors) > 0 {
		t.Errorf("the page complained: %v", got.Errors)
	}
}

// servePlayers serves this folder's pages and the players in node_modules.
func servePlayers(t *testing.T) string {
	t.Helper()
	players := httptest.NewServer(http.FileServer(http.Dir(".")))
	t.Cleanup(players.Close)
	return players.URL
}

// A stream that has just begun plays, in each player as it comes.
func TestPlayersPlayAYoungStream(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	players := servePlayers(t)
	for _, player := range []string{"hls", "shaka"} {
		t.Run(player, func(t *testing.T) {
			t.Parallel()
			stream := "young-" + player
			publishCard(t, small("rtmp://"+s.rtmp+"/live/"+stream))
			s.live(t, stream)
			v := watch(t, map[string]any{"url": players + "/browser/" + player + ".html?src=http://" + s.http + "/live/" + stream + "/index.m3u8"})
			v.playing()
			v.sees(60)
			got := v.end()
			print(t, "first frame after %.0f ms, age of the picture p50 %.0f ms, stalls %v", got.First, percentile(got.ages(0), 50), got.Stalls)
		})
	}
}

func TestSRTWithLadder(t *testing.T) {
	t.Parallel()
	s := withLadder.at(t)
	publishCard(t, small("srt://"+s.srt+"?streamid=publish:srt"))
	s.live(t, "srt")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/srt"})
	v.playing()
	size := func(want string) func() bool {
		return func() bool { return v.ask("window.seen.sizes.at(-1).size") == `"`+want+`"` }
	}
	v.ask("window.holdLevel(180)")
	eventually(t, "the lower rung is shown", size("320x180"))
	v.ask("window.holdLevel(360)")
	eventually(t, "the source is shown", size("640x360"))
	v.sees(30)
	got := v.end()
	print(t, "sizes seen while switching: %v; stalls %v", got.Sizes, got.Stalls)
	if n := s.metric(t, `lightstick_srt_received_packets_total{stream="srt"}`); n < 100 {
		t.Errorf("%v SRT packets counted", n)
	}
}

// The publisher is killed and comes back: the page goes on by itself.
func TestPublisherIsKilledAndReturns(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	clip := cardFile(t, "640x360", 20)
	publish := func() []string {
		return []string{"-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://" + s.rtmp + "/live/killed"}
	}
	first := push(t, publish()...)
	s.live(t, "killed")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/killed"})
	v.playing()
	v.sees(60)
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss is noticed", func() bool {
		_, body := s.get(t, "/live/killed/status.json")
		return strings.Contains(body, `"state":"reconnecting"`)
	})
	pause(4 * time.Second) // what the page has buffered is over
	returned := time.Now()
	push(t, publish()...)
	v.sees(1)
	print(t, "the picture moved again %.1f s after the publisher's return", time.Since(returned).Seconds())
	v.sees(60)
	v.end()
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
	if out, err := ffmpeg(t, append(args, name)...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}
