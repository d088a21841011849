package whip

import (
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/internal/setting"
)

func TestSettings(t *testing.T) {
	servers := func(list ...setting.Secret) Settings { return Settings{ICEServers: list} }
	for _, tt := range []struct {
		settings Settings
		fault    string
	}{
		{Settings{Listen: ":8189", Hosts: []string{"203.0.113.7", "2001:db8::7"}}, ""},
		{Settings{Hosts: []string{"live.example.com"}}, "webrtc.hosts"},
		{Settings{Hosts: []string{"0.0.0.0"}}, "webrtc.hosts"},
		{Settings{Hosts: slices.Repeat([]string{"203.0.113.7"}, maxListed+1)}, "webrtc.hosts"},
		{Settings{Listen: "8189"}, "webrtc.listen"},
		{servers("stun:stun.example.com", "turn:user:hunter2@turn.example.com:3478?transport=udp"), ""},
		{servers("turn:hunter2@turn.example.com"), "webrtc.ice_servers: item 1"},
		{servers(slices.Repeat([]setting.Secret{"stun:stun.example.com"}, maxListed+1)...), "webrtc.ice_servers"},
	} {
		err := tt.settings.Validate()
		switch {
		case (err != nil) != (tt.fault != ""):
			t.Errorf("%+v: %v", tt.settings, err)
		case err != nil && (!strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%+v: %v", tt.settings, err)
		}
	}
}
