package moderation

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/internal/ticker"
)

// Config of a Moderator; the zero value of each field is good.
type Config struct {
	// Node names this process among those that share rooms; unique. "": a random name.
	Node string
	// Store keeps state; nil: a new MemoryStore.
	Store Store
	// Cooldowns for slow mode and repeats; nil: a new MemoryCooldowns. When it fails, cooldowns of
	// this process stand in.
	Cooldowns Cooldowns
	// Participants knows who and what is in a room; nil: names and messages aren't found.
	Participants Participants
	// Classifier judges messages last; nil: none.
	Classifier *Classifier
	// Words are filtered in every room; see package filter for what can be written.
	Words []string
	// LinksAllowed lets everybody write links, unless a room forbids them.
	LinksAllowed bool
	// Domains may be linked to even where links are not allowed.
	Domains []string
	// Emote tells whether there is an emote of that name, for rooms that are
	// emote-only; nil: any :name: is one.
	Emote func(room, name string) bool
	// Pseudonym is what stands for a user's ID in sanctions that outlive the erasure of
	// their data (Moderator.Erase); nil: they end with it.
	Pseudonym func(user string) string
	// RepeatAfter is for how long a user may not write the same again; default 30 s,
	// negative: they may.
	RepeatAfter time.Duration
	// FloodUsers is how many users may write the same within FloodWindow, default 100
	// within 10 s, for a crowd that cheers writes the same; negative: any number.
	FloodUsers  int
	FloodWindow time.Duration
	// GuestVotes is how many guests of one address (IPv6: one /64) may vote in a poll;
	// default 20.
	GuestVotes int
	// Emit carries out what happens by the Moderator itself: a poll's results and end. It is
	// called by Run, and must not block for long. Nil: nothing is shown until asked for.
	Emit func(ctx context.Context, room string, out Outcome)
	// ID makes IDs of messages and polls; nil: the time and a random number.
	ID  func() string
	Log *slog.Logger
}

// Participants knows who and what is in a room.
type Participants interface {
	// User finds somebody who is or lately was in the room by their ID.
	User(ctx context.Context, room, id string) (message.User, bool)
	// Named finds those who have a name, which is compared without regard to case.
	Named(ctx context.Context, room, name string) []message.User
	// Message finds a message that is shown.
	Message(ctx context.Context, room, id string) (message.Message, bool)
}

// Moderator is where hosts and moderators work; see the package's documentation.
type Moderator struct {
	cfg       Config
	index     *SanctionIndex
	rooms     *roomRegistry
	checker   *checker
	cooldowns *cooldownSource
	polls     *ticker.OnDemand // runs while a poll does
}

// New makes a Moderator and reads the sanctions from its store. Run must be called for
// polls to be shown and for what has run out to be forgotten.
func New(ctx context.Context, cfg Config) (*Moderator, error) {
	cfg.setDefaults()
	d := &Moderator{cfg: cfg, index: NewSanctionIndex(), cooldowns: newCooldownSource(cfg.Cooldowns, cfg.Log), polls: ticker.New(showEvery)}
	d.index.pseudonym = cfg.Pseudonym
	d.rooms = &roomRegistry{store: cfg.Store, linksAllowed: cfg.LinksAllowed, loaded: d.polls.Wake, log: cfg.Log, rooms: map[string]*room{}}
	var err error
	if d.checker, err = newChecker(&d.cfg, d.cooldowns); err != nil {
		return nil, err
	}
	return d, d.Reload(ctx)
}

func (c *Config) setDefaults() {
	if c.Node == "" {
		c.Node = randomid.Hex(16)
	}
	if c.Store == nil {
		c.Store = NewMemoryStore()
	}
	if c.Participants == nil {
		c.Participants = noParticipants{}
	}
	if c.RepeatAfter == 0 {
		c.RepeatAfter = 30 * time.Second
	}
	if c.FloodUsers == 0 {
		c.FloodUsers = 100
	}
	if c.FloodWindow <= 0 {
		c.FloodWindow = 10 * time.Second
	}
	if c.GuestVotes <= 0 {
		c.GuestVotes = 20
	}
	if c.Emit == nil {
		c.Emit = func(context.Context, string, Outcome) {}
	}
	if c.ID == nil {
		c.ID = newID
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// lastID is the time of the last ID in ms, and a count within it.
var lastID atomic.Int64

// newID sorts by time, and in one process in the order of making; it is 20 characters
// long.
func newID() string {
	for {
		last := lastID.Load()
		next := max(now()<<16, last+1)
		if lastID.CompareAndSwap(last, next) {
			return fmt.Sprintf("%015x%s", next, randomid.Hex(5))
		}
	}
}

// noParticipants is a directory of an empty room.
type noParticipants struct{}

func (noParticipants) User(context.Context, string, string) (message.User, bool) {
	return message.User{}, false
}
func (noParticipants) Named(context.Context, string, string) []message.User { return nil }
func (noParticipants) Message(context.Context, string, string) (message.Message, bool) {
	return message.Message{}, false
}

// Reload reads the sanctions from the store again, such as after another program has
// changed them there.
func (d *Moderator) Reload(ctx context.Context) error {
	list, err := d.cfg.Store.Sanctions(ctx)
	if err != nil {
		return fmt.Errorf("sanctions: %w", err)
	}
	for _, s := range list {
		if !s.valid() {
			d.cfg.Log.Warn("a stored sanction makes no sense and is left out", "id", s.ID)
			continue
		}
		if _, err := d.index.Put(s); err != nil {
			return fmt.Errorf("sanctions: %w", err)
		}
	}
	return nil
}

func now() int64 { return time.Now().UnixMilli() }

// State is the room's state as pages see it.
func (d *Moderator) State(ctx context.Context, name string) (message.Room, error) {
	r, err := d.rooms.get(ctx, name)
	if err != nil {
		return message.Room{}, err
	}
	return r.state(now()), nil
}

// Settings are the room's state and what only moderators see.
func (d *Moderator) Settings(ctx context.Context, name string) (Settings, error) {
	r, err := d.rooms.get(ctx, name)
	if err != nil {
		return Settings{}, err
	}
	settings := r.view.Load().Settings
	settings.Room = r.state(now())
	return settings, nil
}

// Sanctions lists those that hold in a room ("": in any), by ID, from the first after
// the given ID on.
func (d *Moderator) Sanctions(room, after string, limit int) []Sanction {
	return d.index.Page(room, after, limit, now())
}

// Audit lists what was done in a room ("": in any), the latest first.
func (d *Moderator) Audit(ctx context.Context, room, before string, limit int) ([]Entry, error) {
	return d.cfg.Store.Audit(ctx, room, before, limit)
}

// Admit tells whether somebody may come into a room: nil, or a refusal of CodeBanned
// that tells until when. Those who are in when a ban is made are found with it, too.
func (d *Moderator) Admit(room string, user message.User, addr netip.Addr) error {
	at := now()
	if ban := d.index.Find(room, user, addr, at).Ban; ban != nil {
		return ban.refusal(message.CodeBanned, "you are banned here", at)
	}
	return nil
}

// refusal tells somebody about what holds them.
func (s *Sanction) refusal(code message.Code, text string, at int64) *message.Refusal {
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	if s.Until == 0 {
		return message.Refuse(code, "%s", text)
	}
	return message.Later(code, time.Duration(s.Until-at)*time.Millisecond, "%s", text)
}
