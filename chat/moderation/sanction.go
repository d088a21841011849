package moderation

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/chat/cluster/envelope"
	"github.com/globalfandom/lightstick/chat/message"
)

// Kinds of sanctions.
const (
	Ban     = "ban"     // may not come in
	Timeout = "timeout" // may not write
	Shadow  = "shadow"  // what they write is shown to them alone
)

// Sanction holds a user or a network back, in one room or in [AllRooms].
type Sanction struct {
	// ID names what is sanctioned: kind:room:user or kind:room:network. There is one
	// sanction of an ID at a time.
	ID      string       `json:"id"`
	Kind    string       `json:"kind"`
	Room    string       `json:"room"`
	User    string       `json:"user,omitempty"`    // ID
	Name    string       `json:"name,omitempty"`    // the user's, as far as it was known
	Network netip.Prefix `json:"network,omitzero"`  // instead of User
	Until   int64        `json:"until,omitempty"`   // ms; 0: for ever
	At      int64        `json:"at"`                // ms; grows with each change of the ID
	By      message.User `json:"by"`                // who did it
	Reason  string       `json:"reason,omitempty"`  //
	Removed bool         `json:"removed,omitempty"` // it was lifted: for other processes
}

// SanctionID is the ID of the sanction of a user, or if user is "" of a network.
func SanctionID(kind, room, user string, network netip.Prefix) string {
	if user == "" {
		user = network.String()
	}
	return kind + ":" + room + ":" + user
}

// ParseSanctionID is the sanction of an ID, of which nothing else is known. A room has no
// colon.
func ParseSanctionID(id string) Sanction {
	kind, rest, _ := strings.Cut(id, ":")
	room, subject, _ := strings.Cut(rest, ":")
	s := Sanction{ID: id, Kind: kind, Room: room, User: subject}
	if network, err := netip.ParsePrefix(subject); err == nil {
		s.User, s.Network = "", network
	}
	return s
}

// valid tells whether a sanction that came from outside makes sense.
func (s Sanction) valid() bool {
	kind := s.Kind == Ban || s.User != "" && (s.Kind == Timeout || s.Kind == Shadow)
	return kind && s.Room != "" && (s.User == "") == s.Network.IsValid() && s.At > 0 && s.At < 1<<53 && s.Until >= 0 && s.ID == SanctionID(s.Kind, s.Room, s.User, s.Network)
}

// over tells whether it has run out.
func (s *Sanction) over(now int64) bool { return s.Removed || s.Until != 0 && s.Until <= now }

// binds tells whether a sanction holds for somebody of that role: hosts and moderators
// are bound by what a host did to them by name, never by a network's ban nor by what a
// moderator, who may not have known them, did.
func (s *Sanction) binds(role message.Role) bool {
	return !role.Moderates() || s.User != "" && s.By.Role == message.Host
}

// version orders the versions of one sanction by time. What two processes did in the same
// millisecond is ordered by a hash of the content, which is the same wherever it was read.
func (s *Sanction) version() envelope.Version {
	content := fmt.Appendf(nil, "%t %d %q %q", s.Removed, s.Until, s.By.ID, s.Reason)
	return envelope.Version{Number: s.At, At: s.At * 1000, By: envelope.Digest(content)}
}

// sharedFor is how long a sanction that was lifted is shared with other processes, if it
// would have held for ever.
const sharedFor = 24 * time.Hour

// sharedUntil is until when others have to know of it, in ms; 0: for ever.
func (s *Sanction) sharedUntil() int64 {
	if s.Removed && s.Until == 0 {
		return s.At + sharedFor.Milliseconds()
	}
	return s.Until
}
