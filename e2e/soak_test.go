//go:build e2e && soak

package e2e

import (
	"encoding/json"
	"net/url"
	"strconv"
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

// A link to a moment of a show that is on air begins there. Once in five runs nothing
// played at all: the cause is open, so it is run by night only.
func TestSharedMoment(t *testing.T) {
	s := start(t, "transcode.ladder=off", "hls.dvr=10m")
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	pause(9 * time.Second)
	var status struct {
		Begins int64 `json:"begins"`
	}
	_, text := s.get(t, "/live/show/status.json")
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		t.Fatal(err)
	}
	moment := time.UnixMilli(status.Begins).Add(3 * time.Second)
	at := url.QueryEscape(moment.UTC().Format("2006-01-02T15:04:05.000Z"))
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show?at=" + at, "seconds": 4})
	v.playing()
	position, err := strconv.ParseFloat(v.ask("document.querySelector('video').currentTime"), 64)
	if err != nil || position > 6 {
		t.Errorf("a shared moment plays at %v s, want about 3 (%v)", position, err)
	}
	if got := v.done(); got.Frames < 60 {
		t.Errorf("%d frames of the moment; %v", got.Frames, got.Errors)
	}
}
