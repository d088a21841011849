package moderation

import (
	"net/netip"

	"github.com/globalfandom/lightstick/chat/message"
)

// Outcome is what an action brings about, for the caller to carry out: in this order.
type Outcome struct {
	Action Action // as it was done: the user by ID, the network and color in one form
	Done   string // what was done, as a sentence
	// Events are to be published to the room: message.Delete, message.Room, message.Wave.
	// A Room may come with the revision of one before, when only its poll's counts are
	// new.
	Events []any
	// Announcement is a message to be published to the room; nil: none.
	Announcement *message.Message
	// Disconnect is who may no longer be connected.
	Disconnect []DisconnectTarget
	// Share is a change for the other processes' Apply; nil: nothing to share. It must not
	// be changed.
	Share *Change
}

// DisconnectTarget is who must be disconnected: a user or a network, in a room or in AllRooms.
// [Moderator.Admit] tells for each connection whether it is meant: moderators may be exempt.
type DisconnectTarget struct {
	Room    string
	User    string
	Network netip.Prefix
	Reason  string
}
