//go:build e2e && screenshots

package e2e

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/testcard"
)

// TestScreenshots takes the pictures of the documentation.
func TestScreenshots(t *testing.T) {
	s := start(t, "transcode.ladder=360p")
	publishCard(t, testcard.Config{URL: "rtmp://" + s.rtmp + "/live/show"})
	s.live(t, "show")
	desktop, phone := map[string]int{"width": 1280, "height": 800}, map[string]int{"width": 390, "height": 844}
	for name, options := range map[string]map[string]any{
		"watch-dark":  {"viewport": desktop, "colorScheme": "dark"},
		"watch-light": {"viewport": desktop, "colorScheme": "light"},
		"watch-phone": {"viewport": phone, "colorScheme": "dark"},
	} {
		options["url"] = "http://" + s.http + "/watch/show"
		options["seconds"] = 13
		options["screenshot"] = absolute(t, "../docs/images/"+name+".png")
		v := watch(t, options)
		v.playing()
		pause(11500 * time.Millisecond)
		v.ask("document.getElementById('player').removeAttribute('userinactive')")
		v.done()
	}
}
