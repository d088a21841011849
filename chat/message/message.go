package message

// User is an author as everybody sees them.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Role  Role   `json:"role"`
	Color string `json:"color,omitempty"` // #rrggbb, of the name
	Bot   bool   `json:"bot,omitempty"`
}

// Message is what everybody receives of what somebody wrote.
type Message struct {
	ID       string   `json:"id"` // sorts by time, at most 20 characters
	Text     string   `json:"text"`
	At       int64    `json:"at"` // program date time in ms; at most 10 s after Sent
	User     User     `json:"user"`
	Sent     int64    `json:"sent"` // server's clock in ms
	Reply    *Quote   `json:"reply,omitempty"`
	Mentions []string `json:"mentions,omitempty"` // IDs of users
	// Announcement marks what a host or moderator says to the whole room.
	Announcement bool `json:"announcement,omitempty"`
}

// Quote is the message that another replies to, as far as it is shown.
type Quote struct {
	ID   string `json:"id"`
	User string `json:"user"` // ID of its author
	Name string `json:"name"`
	Text string `json:"text"` // at most MaxQuote runes
}

// Kinds of events.
const (
	TypeDelete = "delete" // Delete
	TypeRoom   = "room"   // Room: settings, pinned message or poll have changed
	TypeWave   = "wave"   // Wave
)

// Delete takes messages away: those named, or all that a user wrote.
type Delete struct {
	Type string   `json:"type"`
	IDs  []string `json:"ids,omitempty"`
	User string   `json:"user,omitempty"`
	Sent int64    `json:"sent"`
}

// Room is a room's state, whole: it replaces the one before.
type Room struct {
	Type     string   `json:"type"`
	Slow     int      `json:"slow,omitempty"`    // seconds between two messages of one user
	Members  bool     `json:"members,omitempty"` // only members and above may write
	Emotes   bool     `json:"emotes,omitempty"`  // messages may hold emotes only
	Closed   bool     `json:"closed,omitempty"`  // only hosts and moderators may write
	Pinned   *Message `json:"pinned,omitempty"`
	Poll     *Poll    `json:"poll,omitempty"`
	Revision int64    `json:"revision"` // grows with each change
	Sent     int64    `json:"sent"`
}

// Poll is a question with up to MaxOptions answers.
type Poll struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Options  []Option `json:"options"`
	Ends     int64    `json:"ends"` // ms; it is over from then on
	Over     bool     `json:"over,omitempty"`
}

// Option is an answer of a poll.
type Option struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
}

// Wave asks every page to glow in a colour, when its picture is at At.
type Wave struct {
	Type  string `json:"type"`
	Color string `json:"color"` // #rrggbb
	At    int64  `json:"at"`
	Sent  int64  `json:"sent"`
	By    User   `json:"by"`
}

// ReactionTick is what react:STREAM carries: the reactions of the last 200 ms, and now and
// then the room's statistics.
type ReactionTick struct {
	// Counts has reactions by name: an emote's name, or a colour #rrggbb.
	Counts map[string]int `json:"counts,omitempty"`
	Stats  *Stats         `json:"stats,omitempty"`
}

// Stats are a room's statistics.
type Stats struct {
	Viewers int     `json:"viewers"`
	Rate    float64 `json:"rate"`  // messages a second that are written
	Shown   float64 `json:"shown"` // share of them that is sent to everybody, 0 to 1
	// Apart: this process can't reach the others; the room goes on with those who are here.
	Apart bool `json:"apart,omitempty"`
}
