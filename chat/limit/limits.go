package limit

import (
	"time"

	"github.com/globalfandom/lightstick/internal/ratelimit"
	"github.com/globalfandom/lightstick/internal/setting"
)

// Limits are the limiters of a chat, one for each kind of thing that is done.
// Moderators are exempt from all but Connects: who calls sees to that.
type Limits struct {
	Messages  *ratelimit.Limiter
	Reactions *ratelimit.Limiter // by the reaction: TakeN
	RPCs      *ratelimit.Limiter // everything that is asked and has no limit of its own
	Names     *ratelimit.Limiter // a guest takes or changes a name
	Reads     *ratelimit.Limiter // by connection only: joins of rooms and readings of history
	Connects  *ratelimit.Limiter // by address only, before anything else of a connection is known

	offences *ratelimit.Limiter
}

// MessageSettings are those of chat.* of the configuration that limit messages.
type MessageSettings struct {
	// Message is what a user and each of their connections may write.
	Message ratelimit.Rate `key:"chat.rate_limit" default:"5/10s" help:"Most messages of one user, as N/DURATION. An address may write ten times as many; hosts and moderators have no limit. off: no limit, and the same text may be repeated."`
	// Room is what all that write in one room may together; it protects small servers.
	Room ratelimit.Rate `key:"chat.room_rate_limit" default:"1000/1s" help:"Most messages in one room, as N/DURATION. off: no limit."`
}

// Settings are the rates of Limits. Zero rates are no limit; Defaults has what suits
// most.
type Settings struct {
	MessageSettings
	// Reaction, RPC and Name are those of a user and each of their connections.
	Reaction, RPC, Name ratelimit.Rate
	// Read is how often a connection may join rooms and read history, which costs the
	// server much more than to ask for it. Addresses have no limit: behind one of a school
	// all come at once.
	Read ratelimit.Rate
	// Connect is how often one address may connect.
	Connect ratelimit.Rate
	// AddressFactor is how many users one address counts for: behind a carrier's
	// address (CGNAT) are many.
	AddressFactor int
	// Offence is how often a connection may be refused before it should be closed.
	Offence ratelimit.Rate
	// Max bounds the buckets of each limiter; 0: Config's default.
	Max int
}

// Defaults are the settings that a chat starts with.
func Defaults() Settings {
	return Settings{
		MessageSettings: setting.Default[MessageSettings](),

		Reaction: ratelimit.Rate{Burst: 100, Per: 5 * time.Second},
		RPC:      ratelimit.Rate{Burst: 20, Per: 10 * time.Second},
		Name:     ratelimit.Rate{Burst: 5, Per: time.Minute},
		Read:     ratelimit.Rate{Burst: 40, Per: 10 * time.Second},
		// A reconnecting household, office or mobile carrier must get in.
		Connect:       ratelimit.Rate{Burst: 50, Per: 10 * time.Second},
		AddressFactor: 10,
		Offence:       ratelimit.Rate{Burst: 30, Per: time.Minute},
	}
}

// NewLimits makes the limiters.
func NewLimits(s Settings) *Limits {
	per := func(r ratelimit.Rate) ratelimit.Config {
		return ratelimit.Config{User: r, Connection: r, Address: r.Times(max(1, s.AddressFactor)), Max: s.Max}
	}
	messages := per(s.Message)
	messages.Room = s.Room
	return &Limits{
		Messages: ratelimit.New(messages), Reactions: ratelimit.New(per(s.Reaction)), RPCs: ratelimit.New(per(s.RPC)), Names: ratelimit.New(per(s.Name)),
		Reads:    ratelimit.New(ratelimit.Config{Connection: s.Read, Max: s.Max}),
		Connects: ratelimit.New(ratelimit.Config{Address: s.Connect, Max: s.Max}),
		offences: ratelimit.New(ratelimit.Config{Connection: s.Offence, Max: s.Max}),
	}
}

// Denied counts that something was refused to a connection, by whichever limiter, and
// tells whether it should be closed: a client that keeps to the answers is never.
func (l *Limits) Denied(now time.Time, connection string) (disconnect bool) {
	_, ok := l.offences.Take(now, ratelimit.Who{Connection: connection})
	return !ok
}
