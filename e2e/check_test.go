//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/check"
)

// The server keeps the rules by which `lightstick check` judges any server.
func TestOwnCheckFindsNothing(t *testing.T) {
	s := start(t, "transcode.ladder=360p,audio")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.Width, cfg.Height, cfg.KeyInterval = 854, 480, 2*time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	pause(18 * time.Second) // until the playlists are long enough to lose segments
	report := checked(t, s, "show")
	f := report.Figures
	if len(f.Renditions) != 3 || f.Reload.Count < 100 {
		t.Errorf("%d renditions, %d reloads", len(f.Renditions), f.Reload.Count)
	}
	print(t, "%d rules held, %d not seen; edge latency p50 %.0f ms, max %.0f ms",
		report.Count(check.Held), report.Count(check.NotSeen), 1000*f.EdgeLatency.Median, 1000*f.EdgeLatency.Max)
}
