//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

type pathwayView struct {
	Name, Mode, State, Reason string
	Sessions, Failed          int
}

// Two edges, steered from the origin: a viewer goes where the operator says, and when
// the edge that they watch through is killed, playback goes on through the other.
func TestAnEdgeIsKilled(t *testing.T) {
	t.Parallel()
	port, token := freePort(t), "steering-test-token"
	at := func(n int) string { return fmt.Sprintf("127.0.0.%d:%d", n, port) }
	s := prepare(t, "transcode.ladder=off", "api.token="+token, "http.listen="+at(9),
		fmt.Sprintf("steering.pathways=edge-a=http://%s?weight=1 edge-b=http://%s?weight=0", at(1), at(2)),
		"steering.ttl=2s", "steering.min_sessions=1")
	s.http = at(9)
	s.run(t)
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("the server said:\n%s", s.log)
		}
	})
	edgeA := startEdgeAt(t, "nginx", at(1), at(9))
	startEdgeAt(t, "nginx", at(2), at(9))
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")

	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show"})
	v.playing()
	on := func(pathway string) bool {
		return v.ask("window.lightstick.hls.levels[window.lightstick.hls.loadLevel]?.pathwayId") == `"`+pathway+`"`
	}
	eventually(t, "they watch through edge-a", func() bool { return on("edge-a") })

	set := func(pathway, state string) {
		t.Helper()
		if code := s.call(t, "PUT", "/api/v1/steering/"+pathway, token, `{"state":"`+state+`"}`, nil); code != http.StatusOK {
			t.Fatalf("setting %s %s: %d", pathway, state, code)
		}
	}
	set("edge-a", "off")
	eventually(t, "they were moved to edge-b", func() bool { return on("edge-b") })
	set("edge-a", "auto")
	eventually(t, "they were moved back", func() bool { return on("edge-a") })
	eventually(t, "their page said so", func() bool {
		return s.metric(t, `lightstick_cmcd_sessions{cdn="edge-a",country="unknown",stream="show"}`) == 1
	})

	edgeA.kill(t)
	killed := time.Now()
	eventually(t, "they went on through edge-b", func() bool { return on("edge-b") })
	moved := time.Since(killed)
	var views []pathwayView
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("pathways: %+v", views)
		}
	})
	eventually(t, "edge-a is demoted", func() bool {
		if code := s.call(t, "GET", "/api/v1/steering", token, "", &views); code != http.StatusOK {
			t.Fatalf("the API answers %d", code)
		}
		return views[0].State == "demoted"
	})
	demoted := time.Since(killed)
	if views[0].Name != "edge-a" || !strings.Contains(views[0].Reason, "errors in") || views[1].State != "good" {
		t.Errorf("pathways: %+v", views)
	}
	v.sees(60)
	got := v.end()
	print(t, "moved %v after the edge was killed, demoted after %v; freezes %v; first frame after %.0f ms",
		moved.Round(time.Millisecond), demoted.Round(time.Millisecond), got.Stalls, got.First)
	if n := s.metric(t, `lightstick_steering_demotions_total{pathway="edge-a"}`); n != 1 {
		t.Errorf("%v demotions counted", n)
	}
	var quality []struct {
		Stream, CDN string
		Errors      int
		Watched     float64
	}
	s.call(t, "GET", "/api/v1/quality?stream=show", token, "", &quality)
	if len(quality) == 0 {
		t.Error("no quality is shown")
	}
}

// call asks the API, and reads its answer into result unless that is nil.
func (s *server) call(t *testing.T, method, path, token, body string, result any) int {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+s.http+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: patience}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if result != nil && answer.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, result); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return answer.StatusCode
}
