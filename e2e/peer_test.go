//go:build e2e && peer

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestGlassToGlassBesideMediaMTX compares the picture's age in two players, in one
// run on one machine. MEDIAMTX names its binary (github.com/bluenviron/mediamtx), and
// ROUNDS says how often each pair is tried; `make compare` runs it.
func TestGlassToGlassBesideMediaMTX(t *testing.T) {
	program := os.Getenv("MEDIAMTX")
	if program == "" {
		t.Fatal("set MEDIAMTX to its binary")
	}
	rounds := 2
	if text := os.Getenv("ROUNDS"); text != "" {
		if _, err := fmt.Sscan(text, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	page := servePlayers(t)
	medians := make(map[string][]float64)
	for range rounds {
		for _, setting := range []string{"MediaMTX, defaults", "hls.part_duration=200ms", "hls.part_duration=133ms"} {
			t.Run(setting, func(t *testing.T) {
				source := ourSource
				if !strings.HasPrefix(setting, "hls.") {
					source = func(t *testing.T, _ string) (string, string) { return peerSource(t, program) }
				}
				rtmp, hls := source(t, setting)
				cfg := small(rtmp)
				cfg.KeyInterval = 2 * time.Second
				publishCard(t, cfg)
				pause(8 * time.Second)
				for _, player := range []string{"hls", "shaka"} {
					v := watch(t, map[string]any{"url": page + "/browser/" + player + ".html?src=" + hls, "seconds": 14})
					v.playing()
					got := v.done()
					median := percentile(got.ages(5*time.Second), 50)
					print(t, "%s: p50 %.0f ms, stalls %v", player, median, got.stalls(5*time.Second))
					medians[setting+", "+player] = append(medians[setting+", "+player], median)
				}
			})
		}
	}
	for name, all := range medians {
		slices.Sort(all)
		print(t, "%s: median of %d rounds %.0f ms", name, len(all), percentile(all, 50))
	}
}

func ourSource(t *testing.T, setting string) (rtmp, hls string) {
	s := start(t, "transcode.ladder=off", setting)
	return "rtmp://" + s.rtmp + "/live/show", "http://" + s.http + "/live/show/index.m3u8"
}

// peerSource runs MediaMTX with nothing but RTMP and HLS, at its defaults.
func peerSource(t *testing.T, program string) (rtmp, hls string) {
	at := func() string { return fmt.Sprintf("127.0.0.1:%d", freePort(t)) }
	rtmp, hls = at(), at()
	config := t.TempDir() + "/mediamtx.yml"
	text := fmt.Sprintf("logLevel: error\nrtsp: no\nsrt: no\nwebrtc: no\nrtmpAddress: %s\nhlsAddress: %s\nhlsAlwaysRemux: yes\npaths:\n  all_others:\n", rtmp, hls)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, config)
	cmd.Env = append(os.Environ(), "MTX_MOQ=no")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, 10*time.Second, "MediaMTX answers", func() bool {
		c, err := net.Dial("tcp", rtmp)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return "rtmp://" + rtmp + "/live/show", "http://" + hls + "/live/show/index.m3u8"
}
