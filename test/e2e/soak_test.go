//go:build e2e && soak

package e2e

import (
	"testing"
	"time"
)

// The tests of this file measure, for minutes, and want a machine with nothing else to
// do: `make nightly` runs them.

// TestGlassToGlass prints how old the picture is on the page, and in hls.js as it comes
// in a page of a few lines.
func TestGlassToGlass(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	for name, url := range map[string]string{
		"watch page":             "http://" + s.http + "/watch/show",
		"hls.js at its defaults": servePlayers(t) + "/browser/hls.html?src=http://" + s.http + "/live/show/index.m3u8",
	} {
		v := watch(t, map[string]any{"url": url, "seconds": 60})
		v.playing()
		got := v.done()
		ages := got.ages(10 * time.Second)
		print(t, "%s: age of the picture p50 %.0f ms, p95 %.0f ms; first frame after %.0f ms; %d frames; stalls %v",
			name, percentile(ages, 50), percentile(ages, 95), got.First, got.Frames, got.Stalls)
	}
}

// TestLowestLatency prints the same at the lowest latency that is documented, with the
// sound apart and in the picture's segments.
func TestLowestLatency(t *testing.T) {
	for _, audio := range []string{"separate", "muxed"} {
		s := start(t, "transcode.ladder=off", "hls.audio="+audio, "hls.part_duration=133ms")
		cfg := small("rtmp://" + s.rtmp + "/live/show")
		cfg.KeyInterval = 2 * time.Second
		publishCard(t, cfg)
		s.live(t, "show")
		page := servePlayers(t)
		for _, player := range []string{"hls", "shaka"} {
			v := watch(t, map[string]any{"url": page + "/browser/" + player + ".html?src=http://" + s.http + "/live/show/index.m3u8", "seconds": 30})
			v.playing()
			got := v.done()
			ages := got.ages(5 * time.Second)
			print(t, "133 ms parts, sound %s, %s: age of the picture p50 %.0f ms, p95 %.0f ms; stalls %v",
				audio, player, percentile(ages, 50), percentile(ages, 95), got.stalls(5*time.Second))
		}
	}
}

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
