//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/tools/check"
	"github.com/globalfandom/lightstick/tools/loadtest/hls"
)

// byTheClock are the rules that ask when something comes. A machine that has other things
// to do breaks them for the server: check.TestRandomTimelinesKeepEveryRule judges them,
// by a clock that takes no time.
var byTheClock = []string{"fresh", "part-cadence", "in-sync", "block-at-once", "block-in-time", "block-too-far", "hint-whole", "part-kept", "part-dropped"}

// checked runs the strict client on a stream and reports what it found wrong.
func checked(t *testing.T, s *server, stream string) check.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "check", "http://"+s.http+"/live/"+stream+"/index.m3u8", "--for", "10s", "--json").Output()
	var report check.Report
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("lightstick check: %v, %v: %s", err, jsonErr, out)
	}
	for _, r := range report.Rules {
		if r.Status != check.Broken && r.Status != check.Warning {
			continue
		}
		if slices.Contains(byTheClock, r.ID) {
			print(t, "%s (%s): %d of %d", r.ID, r.Status, r.Failed, r.Checked)
		} else {
			t.Errorf("%s (%s): %d of %d: %+v", r.ID, r.Status, r.Failed, r.Checked, r.Violations)
		}
	}
	return report
}

// Sound in the picture's segments, at the lowest latency that is documented: a player
// plays it, and it keeps the rules.
func TestMuxedAtTheLowestLatency(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "hls.audio=muxed", "hls.part_duration=133ms")
	cfg := small("rtmp://" + s.rtmp + "/live/show")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "show")
	v := watch(t, map[string]any{"url": servePlayers(t) + "/browser/hls.html?src=http://" + s.http + "/live/show/index.m3u8"})
	v.playing()
	v.sees(60)
	v.end()
	report := checked(t, s, "show")
	if kinds := report.Figures.Renditions; len(kinds) != 1 || kinds[0].Kind != "muxed" {
		t.Errorf("%+v", kinds)
	}
}

// A viewer starts over, and cuts a clip; FFmpeg reads both.
func TestStartOverAndClip(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	cfg := small("rtmp://" + s.rtmp + "/live/rewound")
	publishCard(t, cfg)
	s.live(t, "rewound")
	_, playlist := s.get(t, "/live/rewound/source.m3u8")
	first := regexp.MustCompile(`PROGRAM-DATE-TIME:(\S+)`).FindStringSubmatch(playlist)
	if first == nil {
		t.Fatal(playlist)
	}
	began, err := time.Parse(time.RFC3339, first[1])
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) string { return url.QueryEscape(began.Add(d).Format(time.RFC3339Nano)) }
	s.lists(t, "rewound", 7) // of 2 s
	clip := fmt.Sprintf("http://%s/live/rewound/index.m3u8?start=%s&end=%s", s.http, at(4*time.Second), at(12*time.Second))
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-of", "csv=p=0",
		"-show_entries", "stream=codec_type,nb_read_packets", clip).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "video,240") {
		t.Errorf("a clip of 8 s has %s (%v)", out, err)
	}
	v := watch(t, map[string]any{"url": servePlayers(t) + "/browser/hls.html?src=" +
		url.QueryEscape(fmt.Sprintf("http://%s/live/rewound/index.m3u8?start=%s", s.http, at(0)))})
	v.playing()
	if seekable := v.ask("document.querySelector('video').seekable.start(0) + 12 < document.querySelector('video').seekable.end(0)"); seekable != "true" {
		t.Errorf("start-over: 12 s are seekable: %s", seekable)
	}
	v.sees(30)
	v.end()

	// Metadata by the API is in the playlist that comes next.
	status, text := s.request(t, "POST", "/streams/rewound/metadata", `{"id":"goal-1","attributes":{"title":"goal!"}}`)
	if _, playlist = s.get(t, "/live/rewound/source.m3u8"); status != http.StatusCreated || !strings.Contains(playlist, `X-TITLE="goal!"`) {
		t.Errorf("%d %s: not in\n%s", status, text, playlist)
	}
}

// A hundred players for a few seconds: no error, no stall, and nothing left behind.
func TestLoadLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off")
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	before := s.metric(t, "go_goroutines")
	out, err := exec.Command(binary, "loadtest", "hls", "--url", "http://"+s.http+"/live/show/index.m3u8",
		"--viewers", "100", "--ramp", "2s", "--duration", "5s", "--json", "-", "--pid", fmt.Sprint(s.cmd.Process.Pid), "--after", "0s").Output()
	var report hls.Report
	if jsonErr := json.Unmarshal(out, &report); err != nil || jsonErr != nil {
		t.Fatalf("%v, %v: %s", err, jsonErr, out)
	}
	print(t, "100 players: %s", strings.Join(strings.Fields(summary(report)), " "))
	eventually(t, "the players' goroutines end", func() bool { return s.metric(t, "go_goroutines") <= before+5 })
	if n := s.metric(t, "lightstick_http_connections"); n > 3 {
		t.Errorf("%v connections are left", n)
	}
}

func summary(r hls.Report) string {
	var b strings.Builder
	_ = r.WriteTable(&b)
	return b.String()
}
