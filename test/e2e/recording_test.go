//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// recording is what the API says of one.
type recording struct {
	ID         string    `json:"id"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	DurationMS int       `json:"duration_ms"`
	Storyboard string    `json:"storyboard"`
	MP4        string    `json:"mp4"`
}

func (s *server) recordings(t *testing.T) (all []recording) {
	t.Helper()
	if err := json.Unmarshal(s.api(t, "GET", "/recordings", ""), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// When a show is over its viewers watch the
// recording at the same address, with thumbnails; its owner cuts a clip, makes an MP4
// and deletes all of it.
func TestRewindRecordClipExport(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "record.default=on", "hls.dvr=10m", "publish.reconnect=1s", "api.token="+apiToken)
	stop := publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	s.lists(t, "show", 5)
	var status struct {
		Begins int64 `json:"begins"`
		DVR    int   `json:"dvr"`
	}
	_, text := s.get(t, "/live/show/status.json")
	if err := json.Unmarshal([]byte(text), &status); err != nil || status.DVR != 600 || status.Begins == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	stop()
	eventually(t, "the recording has its thumbnails", func() bool {
		all := s.recordings(t)
		return len(all) == 1 && all[0].Storyboard != ""
	})
	r := s.recordings(t)[0]
	_, playlist := s.get(t, "/live/show/source.m3u8")
	uris, _ := segments(playlist)
	if !strings.Contains(playlist, "#EXT-X-ENDLIST") || !strings.Contains(playlist, "PLAYLIST-TYPE:VOD") || len(uris) < 5 {
		t.Errorf("the stream's address is not the recording's:\n%s", playlist)
	}
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show?recording=" + r.ID})
	v.playing()
	v.showsThumbnail()
	v.sees(30)
	v.end()
	s.clipAndExport(t, r)
}

func (s *server) clipAndExport(t *testing.T, r recording) {
	t.Helper()
	lightstick := func(args ...string) string {
		args = append([]string{"recordings"}, args...)
		out, err := exec.Command(binary, append(args, "--url", "http://"+s.http, "--token", apiToken)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	from := r.Start.Add(2 * time.Second)
	out := lightstick("clip", r.ID, "--start", from.Format(time.RFC3339), "--end", from.Add(3*time.Second).Format(time.RFC3339), "--title", "Goal")
	if !strings.Contains(out, "Goal") || !strings.Contains(out, r.ID) {
		t.Errorf("clip says:\n%s", out)
	}
	file := filepath.Join(t.TempDir(), "show.mp4")
	lightstick("export", r.ID, "--output", file)
	length, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file).Output()
	seconds, parseErr := strconv.ParseFloat(strings.TrimSpace(string(length)), 64)
	if err != nil || parseErr != nil || seconds < float64(r.DurationMS)/1000-0.2 || seconds > float64(r.DurationMS)/1000+0.2 {
		t.Errorf("the MP4 lasts %v s, the recording %d ms; %v %v", seconds, r.DurationMS, err, parseErr)
	}
	for _, made := range s.recordings(t) {
		lightstick("delete", "--yes", made.ID)
	}
	if left, err := filepath.Glob(filepath.Join(s.data, "live", "show", "*", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left on the disk: %v, %v", left, err)
	}
	if code, _ := s.get(t, "/live/show/recordings/"+r.ID+"/index.m3u8"); code != http.StatusNotFound {
		t.Errorf("a deleted recording answers %d", code)
	}
}

// A link to a moment of a show that is on air begins there.
func TestSharedMoment(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	publishCard(t, small("rtmp://"+s.rtmp+"/live/moment"))
	s.live(t, "moment")
	s.lists(t, "moment", 5)
	var status struct {
		Begins int64 `json:"begins"`
	}
	_, text := s.get(t, "/live/moment/status.json")
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		t.Fatal(err)
	}
	moment := time.UnixMilli(status.Begins).Add(3 * time.Second)
	at := url.QueryEscape(moment.UTC().Format("2006-01-02T15:04:05.000Z"))
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/moment?at=" + at})
	v.playing()
	// A stream that has lasted for 10 s would otherwise play its end.
	if first := v.ask("window.seen.firstTime < 5"); first != "true" {
		t.Errorf("a shared moment plays at %s s, want about 3", v.ask("window.seen.firstTime"))
	}
	v.sees(30)
	v.end()
}

// lists waits until a stream's playlist lists so many segments.
func (s *server) lists(t *testing.T, stream string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d segments are listed", n), func() bool {
		_, playlist := s.get(t, "/live/"+stream+"/source.m3u8")
		uris, _ := segments(playlist)
		return len(uris) >= n
	})
}
