//go:build e2e && obs

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/logtest"
)

// Real OBS publishes for half a minute, by RTMP as it comes out of the box and by
// SRT, and Chromium plays it.
func TestOBS(t *testing.T) {
	tests := []struct {
		name, server, key string
		env               []string
	}{
		{"rtmp", "rtmp://%s/live", "show", nil},
		{"rtmp with all of OBS's defaults", "rtmp://%s/live", "show", []string{"OBS_KEYINT=0", "OBS_TUNE=", "OBS_X264OPTS=scenecut=0"}},
		{"srt", "srt://%s?streamid=publish:show", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, "transcode.ladder=off")
			address := s.rtmp
			if strings.HasPrefix(tt.server, "srt") {
				address = s.srt
			}
			shot := absolute(t, t.TempDir()+"/obs.png")
			if os.Getenv("SCREENSHOTS") != "" && tt.name == "rtmp" {
				shot = absolute(t, "../../docs/images/obs.png")
			}
			cmd := exec.Command("../../scripts/obs-stream.sh", strings.Replace(tt.server, "%s", address, 1), tt.key, "30", shot)
			cmd.Env = append(os.Environ(), append([]string{"OBS_SIZE=640x360", "OBS_VIDEO_KBPS=1000"}, tt.env...)...)
			log := &logtest.Buffer{}
			cmd.Stdout, cmd.Stderr = log, log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- cmd.Wait() }()
			eventually(t, "OBS is live", func() bool {
				_, body := s.get(t, "/live/show/status.json")
				return strings.Contains(body, `"state":"live"`)
			})
			v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show", "seconds": 10})
			v.playing()
			got := v.done()
			print(t, "first frame after %.0f ms, %d frames in 10 s, stalls %v", got.First, got.Frames, got.stalls(time.Second))
			if got.Frames < 150 || got.LastFrameAgo > 1000 {
				t.Errorf("%d frames, the last %.0f ms ago; %v", got.Frames, got.LastFrameAgo, got.Errors)
			}
			if err := <-done; err != nil {
				t.Errorf("OBS: %v\n%s", err, log)
			}
			if n := strings.Count(s.log.String(), "publisher lost"); n > 0 {
				t.Error("OBS was cut off")
			}
		})
	}
}
