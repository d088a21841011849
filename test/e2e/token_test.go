//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// pass is a playback token as the API gives it.
type pass struct{ Token, Watch, HLS, HLSPath string }

// A company sells tickets: who has one watches, live and the recording after it, until it
// expires, on as many screens as were paid for; nobody else does. No token is in the log.
func TestTickets(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "playback.auth=token", "record.default=on", "publish.reconnect=1s", "api.token="+apiToken)
	stop := publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	var issued []string
	issue := func(request string) (p pass) {
		t.Helper()
		if err := json.Unmarshal(s.api(t, "POST", "/streams/show/playback-tokens", request), &p); err != nil || p.Token == "" {
			t.Fatalf("%+v, %v", p, err)
		}
		issued = append(issued, p.Token)
		return p
	}

	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show"})
	says := func(what string) {
		t.Helper()
		eventually(t, "the page says "+what, func() bool {
			return strings.Contains(v.ask(`document.querySelector('#scene')?.hidden === false && document.querySelector('#scene-title').textContent`), what)
		})
	}
	hidden := func() {
		t.Helper()
		if address := v.ask(`location.href`); strings.Contains(address, "oken") {
			t.Errorf("the page's address is %s", address)
		}
	}
	says("needs a ticket")
	ticket := issue(`{"for":"9s","screens":1,"sid":"ticket-1"}`)
	v.ask(fmt.Sprintf(`location.hash = 'token=%s'`, ticket.Token))
	v.playing()
	hidden()

	// One screen is one: not a second player, nor a second token of the same ticket.
	if out, err := ffmpeg(t, "-i", ticket.HLS, "-t", "1", "-f", "null", "-"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("over-shared: %v %s", err, out)
	}
	free := issue(`{"for":"1h"}`)
	if out, err := ffmpeg(t, "-i", free.HLS, "-t", "1", "-f", "null", "-"); err != nil {
		t.Errorf("FFmpeg with a token: %v %s", err, out)
	}

	// A running player ends with its ticket, and goes on with the next one.
	says("expired")
	fresh := issue(`{"for":"1h","screens":1,"sid":"ticket-1"}`)
	v.ask(`window.before = seen.frames`)
	v.ask(fmt.Sprintf(`location.hash = 'token=%s'`, fresh.Token))
	eventually(t, "the page plays again", func() bool { return v.ask(`seen.frames > window.before + 30`) == "true" })
	hidden()

	s.embedded(t, v, issue(`{"for":"1h","screens":1,"sid":"ticket-2"}`))
	stop()
	eventually(t, "the recording has its thumbnails", func() bool {
		all := s.recordings(t)
		return len(all) == 1 && all[0].Storyboard != ""
	})
	r := s.recordings(t)[0]
	for _, path := range []string{"/index.m3u8", "/recording.json", "/storyboard.vtt", "/poster.jpg"} {
		path = "/live/show/recordings/" + r.ID + path
		if code, _ := s.get(t, path); code != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", path, code)
		}
		if code, _ := s.get(t, "/t/"+free.Token+path); code != http.StatusOK {
			t.Errorf("%s with a token: %d", path, code)
		}
	}
	only := issue(`{"for":"1h","recording":"` + r.ID + `"}`)
	if out, err := ffmpeg(t, "-i", only.HLS, "-t", "2", "-f", "null", "-"); err != nil {
		t.Errorf("FFmpeg with a token for the recording: %v %s", err, out)
	}
	// A reload keeps the ticket; a link has another.
	v.ask(fmt.Sprintf(`location.href = 'http://%s/watch/show?recording=%s'`, s.http, r.ID))
	eventually(t, "the recording plays", func() bool { return v.ask(`window.seen?.frames > 15 && !!location.search`) == "true" })
	v.ask(fmt.Sprintf(`location.href = '/watch/show?recording=%s&again&token=%s'`, r.ID, free.Token))
	eventually(t, "the link plays", func() bool { return v.ask(`window.seen?.frames > 15 && location.search.includes('again')`) == "true" })
	hidden()
	v.showsThumbnail()

	out, err := exec.Command(binary, "token", "create", "other", "--data", s.data, "--for", "1h", "--json").Output()
	var other pass
	if err == nil {
		err = json.Unmarshal(out, &other)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if code, body := s.get(t, "/t/"+other.Token+"/live/show/index.m3u8"); code != http.StatusForbidden || !strings.Contains(body, `"stream"`) {
		t.Errorf("another stream's token: %d %s", code, body)
	}
	for _, token := range append(issued, other.Token, "/t/ey", "token=ey") {
		if strings.Contains(s.log.String(), token) {
			t.Errorf("the log shows %.20s…", token)
		}
	}
}

// embedded plays in a frame of another site, which hands in the token when it is asked.
func (s *server) embedded(t *testing.T, v *viewer, p pass) {
	t.Helper()
	v.ask(`sessionStorage.clear()`) // of this tab, which the frame shares: to the browser it is the same site
	v.ask(fmt.Sprintf(`location.href = '%s/browser/embed.html?src=http://%s/watch/show&token=%s'`, servePlayers(t), s.http, p.Token))
	eventually(t, "the frame asks for a token", func() bool {
		return strings.Contains(v.ask(`JSON.stringify(window.said ?? '')`), "lightstick:token-refused")
	})
	const allowed = `lightstick_playback_verdicts_total{verdict="allowed"}`
	before := s.metric(t, allowed)
	eventually(t, "the frame plays", func() bool { return s.metric(t, allowed) > before+12 })
}
