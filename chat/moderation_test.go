package chat

import (
	"testing"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// TestHostsOfOneRoom: what is done in all rooms is for who is host in all of them.
func TestHostsOfOneRoom(t *testing.T) {
	s, _ := serve(t, nil)
	host := identity.Identity{User: message.User{ID: "h1", Role: message.Host}, Rooms: []string{"show"}}
	ban := moderation.Action{Room: moderation.AllRooms, Kind: moderation.ActionBan, User: "somebody"}
	for _, everywhere := range []bool{false, true} {
		if everywhere {
			host.Rooms = nil
		}
		by := Author{User: host.In("show"), Everywhere: host.In(moderation.AllRooms).Role}
		if _, err := s.Act(t.Context(), "show", by, ban); (err == nil) != everywhere {
			t.Errorf("host of all rooms: %v, banned: %v", everywhere, err)
		}
		if held := len(s.bridge.moderator.Sanctions("other", "", 1)) == 1; held != everywhere {
			t.Errorf("host of all rooms: %v, the ban holds: %v", everywhere, held)
		}
	}
}
