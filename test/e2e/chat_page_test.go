//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os/exec"
	"testing"
)

// TestChatPage drives the watch page's chat against a stand-in for the server that
// refuses, interrupts and floods when it is told to; see e2e/browser/chat.mjs.
func TestChatPage(t *testing.T) {
	t.Parallel()
	drive(t, "browser/chat.mjs", film(t))
}

// TestChatPageOfServer is the same page with a real server, of a stream that wants a
// ticket: two chat in time with the picture, one comes back, and what was said is beside
// the segments.
func TestChatPageOfServer(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "chat.guests=write", "playback.auth=token", "api.token="+apiToken)
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	var ticket pass
	if err := json.Unmarshal(s.api(t, "POST", "/streams/show/playback-tokens", `{"for":"1h"}`), &ticket); err != nil {
		t.Fatal(err)
	}
	drive(t, "browser/chatserver.mjs", "http://"+s.http+"/watch/show#token="+ticket.Token)
}

// drive runs a script with a browser.
func drive(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), driverLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", append([]string{script}, args...)...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
