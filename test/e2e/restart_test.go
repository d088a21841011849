//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
)

// A page that is open while the server is replaced, and then killed, goes on when the
// publisher is back, with the player that it had: no watchdog had to load anew.
func TestPageGoesOnAfterRestart(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=180p,audio")
	clip := cardFile(t, "640x360", 20)
	publish := func() {
		push(t, "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	}
	publish()
	s.live(t, "show")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show"})
	v.playing()
	v.ask("void (window.first = window.lightstick.hls)")
	for _, end := range []struct {
		name string
		end  func()
	}{
		{"SIGTERM", func() { s.stop(t) }},
		{"kill -9", s.kill},
	} {
		v.sees(60)
		begun := time.Now()
		end.end()
		stopped := time.Since(begun)
		s.run(t)
		ready := time.Since(begun)
		pause(3 * time.Second) // the publisher's own delay; what the page has buffered is over
		published := strings.Count(s.log.String(), "msg=publishing")
		publish()
		eventually(t, "the publisher is back", func() bool {
			return strings.Count(s.log.String(), "msg=publishing") > published
		})
		returned := time.Now()
		v.sees(1)
		moved := time.Since(returned)
		v.sees(60)
		print(t, "%s: ready again after %.1f s, of which stopping took %.1f s; the picture moved %.1f s after the publisher's return",
			end.name, ready.Seconds(), stopped.Seconds(), moved.Seconds())
		if got := v.ask("window.first === window.lightstick.hls"); got != "true" {
			t.Errorf("%s: the page loaded everything anew", end.name)
		}
	}
	v.end()
}
