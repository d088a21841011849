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
	rounds := 7
	if text := os.Getenv("ROUNDS"); text != "" {
		if _, err := fmt.Sscan(text, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	page := servePlayers(t)
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
				// Where in a group of pictures a player arrives decides much: many arrive.
				var medians, first []float64
				stalls := 0
				for range rounds {
					v := watch(t, map[string]any{"url": page + "/browser/" + player + ".html?src=" + hls, "seconds": 7})
					v.playing()
					got := v.done()
					medians = append(medians, percentile(got.ages(3*time.Second), 50))
					first = append(first, got.First)
					stalls += len(got.stalls(3 * time.Second))
				}
				slices.Sort(medians)
				slices.Sort(first)
				print(t, "%s, %d arrivals: age of the picture %.0f ms (%.0f to %.0f), first frame after %.0f ms, %d stalls",
					player, rounds, percentile(medians, 50), medians[0], medians[len(medians)-1], percentile(first, 50), stalls)
			}
		})
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
	eventually(t, "MediaMTX answers", func() bool {
		c, err := net.Dial("tcp", rtmp)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return "rtmp://" + rtmp + "/live/show", "http://" + hls + "/live/show/index.m3u8"
}
