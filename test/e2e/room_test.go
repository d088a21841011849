//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRoomPage drives reactions, waves, polls and the tools of moderators in a
// browser: against a stand-in for the server, and a host and a fan in a room of a
// real one; see e2e/browser/room.mjs.
func TestRoomPage(t *testing.T) {
	t.Parallel()
	const key = "chat.token_key=0123456789abcdef0123456789abcdef"
	s := start(t, "api.token="+apiToken, key)
	s.api(t, "POST", "/streams", `{"name":"show"}`)
	token := func(user, role string) string {
		out, err := exec.Command(binary, "chat", "token", user, "--role", role, "--set", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	ctx, cancel := context.WithTimeout(t.Context(), driverLimit)
	defer cancel()
	browser := exec.CommandContext(ctx, "node", "browser/room.mjs", film(t))
	browser.Env = append(os.Environ(), "ROOM_URL=http://"+s.http+"/watch/show", "ROOM_HOST="+token("Mina", "host"), "ROOM_FAN="+token("fan", "member"))
	out, err := browser.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
