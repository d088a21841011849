//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/tools/check"
)

// The server keeps the rules by which `lightstick check` judges any server.
func TestOwnCheckFindsNothing(t *testing.T) {
	t.Parallel()
	s := withLadder.at(t)
	cfg := small("rtmp://" + s.rtmp + "/live/checked")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "checked")
	eventually(t, "the playlist is long enough to lose segments", func() bool {
		_, playlist := s.get(t, "/live/checked/source.m3u8")
		return strings.Contains(playlist, "#EXT-X-MEDIA-SEQUENCE:") && !strings.Contains(playlist, "#EXT-X-MEDIA-SEQUENCE:0\n")
	})
	report := checked(t, s, "checked")
	f := report.Figures
	if len(f.Renditions) != 3 || f.Reload.Count == 0 {
		t.Errorf("%d renditions, %d reloads", len(f.Renditions), f.Reload.Count)
	}
	print(t, "%d rules held, %d not seen; edge latency p50 %.0f ms, max %.0f ms",
		report.Count(check.Held), report.Count(check.NotSeen), 1000*f.EdgeLatency.Median, 1000*f.EdgeLatency.Max)
}
