package origin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/media"
)

// The status, the API and the metrics tell one number.
func TestViewersAreOneNumber(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		asking, reporting, want int
	}{
		{"behind a cache", 0, 5, 5},
		{"players that report nothing", 7, 2, 7},
		{"nobody", 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStudioOf(t, Config{Viewers: func(media.StreamID) int { return tt.reporting }})
				s.publish(4 * time.Second)
				server := s.handler.(*Server)
				stream, _ := server.streams.Live("show")
				a := server.viewers.of(stream, "show")
				for range 12 {
					a.addRequest(time.Duration(tt.asking) * time.Second)
					time.Sleep(time.Second)
				}
				var status Status
				if err := json.Unmarshal(s.get("/live/show/status.json").Body.Bytes(), &status); err != nil {
					t.Fatal(err)
				}
				if status.Viewers != tt.want || server.Viewers("show") != tt.want {
					t.Errorf("the status tells %d, the API %d, want %d", status.Viewers, server.Viewers("show"), tt.want)
				}
				const name = "lightstick_origin_viewers"
				text := fmt.Sprintf("# HELP %s %s\n# TYPE %s gauge\n%s{stream=\"show\"} %d\n", name,
					"Players that watch live: those that ask this server for playlists, or report to it, whichever are more.", name, name, tt.want)
				if err := testutil.CollectAndCompare(server, strings.NewReader(text), name); err != nil {
					t.Error(err)
				}
				if server.Viewers("another") != 0 {
					t.Error("somebody watches a stream that is not on air")
				}
			})
		})
	}
}
