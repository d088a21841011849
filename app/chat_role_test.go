package app

import (
	"net/netip"
	"testing"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/origin/playbackauth"
)

// TestChatOnlyAccess: rooms by themselves are not open where the streams aren't.
func TestChatOnlyAccess(t *testing.T) {
	for auth, open := range map[string]bool{"off": true, "token": false, "edge": false} {
		cfg := new(config.Config)
		cfg.Playback.Auth = playbackauth.Mode(auth)
		enter := chatOnlyAccess(cfg)
		if got := enter == nil || enter("show", "", netip.Addr{}) == nil; got != open {
			t.Errorf("playback.auth=%s: open is %v", auth, got)
		}
	}
}
