//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/check"
	"github.com/globalfandom/lightstick/loadtest"
)

// checked runs the strict client on a stream and reports what it found wrong.
func checked(t *testing.T, s *server, stream string, excused ...string) check.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "check", "http://"+s.http+"/live/"+stream+"/index.m3u8", "--for", "15s", "--json").Output()
	var report check.Report
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("lightstick check: %v, %v: %s", err, jsonErr, out)
	}
	for _, r := range report.Rules {
		if r.Status == check.Broken || r.Status == check.Warning && !strings.Contains(strings.Join(excused, " "), r.ID) {
			t.Errorf("%s (%s): %d of %d: %+v", r.ID, r.Status, r.Failed, r.Checked, r.Violations)
		}
	}
	return report
}

// Sound in the picture's segments, at the lowest latency that is documented: players
// play it, and it keeps the rules.
func TestLowestLatencyMuxedAndSeparate(t *testing.T) {
	for _, audio := range []string{"separate", "muxed"} {
		s := start(t, "transcode.ladder=off", "hls.audio="+audio, "hls.part_duration=133ms")
		cfg := small("rtmp://" + s.rtmp + "/live/show")
		cfg.KeyInterval = 2 * time.Second
		publishCard(t, cfg)
		s.live(t, "show")
		page := servePlayers(t)
		for _, player := range []string{"hls", "shaka"} {
			if player == "shaka" && audio == "separate" && os.Getenv("LIGHTSTICK_LONG") == "" {
				continue // nightly
			}
			v := watch(t, map[string]any{"url": page + "/browser/" + player + ".html?src=http://" + s.http + "/live/show/index.m3u8", "seconds": 10})
			v.playing()
			got := v.done()
			ages := got.ages(5 * time.Second)
			print(t, "133 ms parts, sound %s, %s: age of the picture p50 %.0f ms, p95 %.0f ms; stalls %v",
				audio, player, percentile(ages, 50), percentile(ages, 95), got.stalls(5*time.Second))
			if len(ages) < 4 || got.LastFrameAgo > 1000 {
				t.Errorf("%s, %s: %d ages read, the last frame %.0f ms ago; %v", audio, player, len(ages), got.LastFrameAgo, got.Errors)
			}
		}
		if audio == "muxed" {
			report := checked(t, s, "show")
			if kinds := report.Figures.Renditions; len(kinds) != 1 || kinds[0].Kind != "muxed" {
				t.Errorf("%+v", kinds)
			}
		}
	}
}

// A viewer starts over, and cuts a clip; FFmpeg reads both.
func TestStartOverAndClip(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "hls.dvr=10m", "hls.window=8s", "api.token=secret")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	publishCard(t, cfg)
	s.live(t, "show")
	pause(20 * time.Second)
	_, playlist := s.get(t, "/live/show/source.m3u8")
	first := regexp.MustCompile(`PROGRAM-DATE-TIME:(\S+)`).FindStringSubmatch(playlist)
	if first == nil {
		t.Fatal(playlist)
	}
	began, err := time.Parse(time.RFC3339, first[1])
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) string { return url.QueryEscape(began.Add(d).Format(time.RFC3339Nano)) }
	clip := fmt.Sprintf("http://%s/live/show/index.m3u8?start=%s&end=%s", s.http, at(4*time.Second), at(12*time.Second))
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-of", "csv=p=0",
		"-show_entries", "stream=codec_type,nb_read_packets", clip).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "video,240") {
		t.Errorf("a clip of 8 s has %s (%v)", out, err)
	}
	v := watch(t, map[string]any{"url": servePlayers(t) + "/browser/hls.html?src=" +
		url.QueryEscape(fmt.Sprintf("http://%s/live/show/index.m3u8?start=%s", s.http, at(0))), "seconds": 4})
	v.playing()
	seekable := v.ask("document.querySelector('video').seekable.start(0) + 15 < document.querySelector('video').seekable.end(0)")
	if got := v.done(); got.Frames < 10 || seekable != "true" { // a busy machine drops many
		t.Errorf("start-over: %d frames, 15 s are seekable: %s; %v", got.Frames, seekable, got.Errors)
	}

	// Metadata by the API is in the playlist that comes next.
	request, err := http.NewRequest("POST", "http://"+s.http+"/api/v1/streams/show/metadata",
		strings.NewReader(`{"id":"goal-1","attributes":{"title":"goal!"}}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if _, playlist = s.get(t, "/live/show/source.m3u8"); answer.StatusCode != http.StatusCreated || !strings.Contains(playlist, `X-TITLE="goal!"`) {
		t.Errorf("%d %s: not in\n%s", answer.StatusCode, text, playlist)
	}
}

// A hundred players for a few seconds: no error, no stall, and nothing left behind.
func TestLoadLeavesNothingBehind(t *testing.T) {
	s := start(t, "transcode.ladder=off")
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	pause(4 * time.Second)
	before := s.metric(t, "go_goroutines")
	out, err := exec.Command(binary, "loadtest", "hls", "--url", "http://"+s.http+"/live/show/index.m3u8",
		"--viewers", "100", "--ramp", "2s", "--duration", "8s", "--json", "-", "--pid", fmt.Sprint(s.cmd.Process.Pid), "--after", "0s").Output()
	var report loadtest.Report
	if jsonErr := json.Unmarshal(out, &report); err != nil || jsonErr != nil {
		t.Fatalf("%v, %v: %s", err, jsonErr, out)
	}
	print(t, "100 players: %s", strings.Join(strings.Fields(summary(report)), " "))
	eventually(t, 10*time.Second, "the players' goroutines end", func() bool { return s.metric(t, "go_goroutines") <= before+5 })
	if n := s.metric(t, "lightstick_http_connections"); n > 3 {
		t.Errorf("%v connections are left", n)
	}
}

func summary(r loadtest.Report) string {
	var b strings.Builder
	_ = r.WriteTable(&b)
	return b.String()
}
