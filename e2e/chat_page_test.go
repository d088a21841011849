//go:build e2e

package e2e

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/testcard"
)

// TestChatPage drives the watch page's chat against a stand-in for the server that
// refuses, interrupts and floods when it is told to; see e2e/browser/chat.mjs.
func TestChatPage(t *testing.T) {
	t.Parallel()
	drive(t, "browser/chat.mjs", film(t))
}

// TestChatPageOfServer is the same page with a real server: two chat in time with the
// picture, one comes back, and what was said is beside the segments.
func TestChatPageOfServer(t *testing.T) {
	t.Parallel()
	s := start(t, "chat.guests=write")
	publishCard(t, testcard.Config{URL: "rtmp://" + s.rtmp + "/live/show"})
	s.live(t, "show")
	drive(t, "browser/chatserver.mjs", "http://"+s.http+"/watch/show")
}

// drive runs a script with a browser.
func drive(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", append([]string{script}, args...)...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
