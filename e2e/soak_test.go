//go:build e2e && soak

package e2e

import (
	"testing"
	"time"
)

// Ten minutes at the lowest latency that is documented, without a stall.
func TestTenMinutesWithoutAStall(t *testing.T) {
	s := start(t, "transcode.ladder=off", "hls.part_duration=133ms")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	page := servePlayers(t)
	// One after the other: two decoders would fight over the processor.
	for _, player := range []string{"hls", "shaka"} {
		v := watch(t, map[string]any{"url": page + "/browser/" + player + ".html?src=http://" + s.http + "/live/show/index.m3u8", "seconds": 300})
		v.playing()
		got := v.doneWithin(6 * time.Minute)
		ages := got.ages(5 * time.Second)
		stalls := got.stalls(5 * time.Second)
		print(t, "%s: age of the picture p50 %.0f ms, p95 %.0f ms, max %.0f ms; stalls %v",
			player, percentile(ages, 50), percentile(ages, 95), percentile(ages, 100), stalls)
		if len(stalls) > 0 {
			t.Errorf("%s stalled: %v ms", player, stalls)
		}
	}
}
