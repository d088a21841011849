//go:build e2e && soak

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestArrivalsMatrix lets 20 viewers come to each kind of encoder, in hls.js and Shaka.
// LIGHTSTICK_MATRIX=n takes every n-th combination only.
func TestArrivalsMatrix(t *testing.T) {
	every := 1
	if text := os.Getenv("LIGHTSTICK_MATRIX"); text != "" {
		var err error
		if every, err = strconv.Atoi(text); err != nil || every < 1 {
			t.Fatalf("LIGHTSTICK_MATRIX=%s: want a number from 1", text)
		}
	}
	n := 0
	for _, part := range []time.Duration{250, 100, 133, 167, 200, 334, 500} {
		for _, fps := range []int{30, 60, 24, 25, 50} {
			for _, group := range []time.Duration{2000, 1000, 2400, 8330} {
				for bFrames := range 4 {
					if n++; n%every != 0 {
						continue
					}
					e, part := encoding{fps, group * time.Millisecond, bFrames}, part*time.Millisecond
					t.Run(fmt.Sprintf("%v, parts of %v", e, part), func(t *testing.T) { arriveInTwenties(t, e, part) })
				}
			}
		}
	}
}

func arriveInTwenties(t *testing.T, e encoding, part time.Duration) {
	o := startStepped(t, e, part, 3)
	for _, player := range []string{"hls", "shaka"} {
		steps := int(1600*time.Millisecond/o.partTarget()) + 1 // of two parts on average
		got := arrive(t, map[string]any{"url": o.page(player), "arrivals": 20, "step": o.URL + "/step", "steps": steps})
		checkBuffer(t, player, got)
		print(t, "%s: %d arrivals", player, len(got))
	}
}

// TestArrivalsInRealTime looks at the pictures that are shown, at the default settings.
func TestArrivalsInRealTime(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	file := filepath.Join(t.TempDir(), "show.flv")
	out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-t", "600", "-c:v", "libx264", "-preset", "superfast", "-bf", "2", "-g", "60", "-b:v", "300k", "-c:a", "aac", "-y", file)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	push(t, "-re", "-i", file, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	players := servePlayers(t) + "/browser/"
	media := "?src=http://" + s.http + "/live/show/index.m3u8"
	for player, url := range map[string]string{
		"hls": players + "hls.html" + media, "shaka": players + "shaka.html" + media, "page": "http://" + s.http + "/watch/show",
	} {
		got := arrive(t, map[string]any{"url": url, "arrivals": 20, "seconds": 8, "apart": 4300})
		checkBuffer(t, player, got)
		for i, a := range got {
			for _, f := range a.Freezes {
				// A machine that was asleep shows nothing.
				if f.MS-f.Asleep > 500 {
					t.Errorf("%s, arrival %d: the picture stood for %.0f ms at %.3f", player, i, f.MS, f.Picture)
				}
			}
		}
		print(t, "%s: %d arrivals", player, len(got))
	}
}
