package message

// Role is what a user may do in a room.
type Role string

// Roles, from the least to the most.
const (
	Guest      Role = "guest"
	Member     Role = "member"
	Subscriber Role = "subscriber"
	Moderator  Role = "moderator"
	Host       Role = "host"
)

var ranks = map[Role]int{Guest: 1, Member: 2, Subscriber: 3, Moderator: 4, Host: 5}

// Valid tells whether there is such a role.
func (r Role) Valid() bool { return ranks[r] > 0 }

// AtLeast tells whether r may do all that other may. What is no role may nothing.
func (r Role) AtLeast(other Role) bool { return r.Valid() && ranks[r] >= ranks[other] }

// Moderates tells whether the role may moderate; it is exempt from limits.
func (r Role) Moderates() bool { return r.AtLeast(Moderator) }
