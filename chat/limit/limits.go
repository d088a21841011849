package limit

import "time"

// Limits are the limiters of a chat, one for each kind of thing that is done.
// Moderators are exempt from all but Connects: who calls sees to that.
type Limits struct {
	Messages  *Limiter
	Reactions *Limiter // by the reaction: TakeN
	RPCs      *Limiter // everything that is asked and has no limit of its own
	Names     *Limiter // a guest takes or changes a name
	Reads     *Limiter // by connection only: joins of rooms and readings of history
	Connects  *Limiter // by address only, before anything else of a connection is known

	offences *Limiter
}

// Settings are the rates of Limits. Zero rates are no limit; Defaults has what suits
// most.
type Settings struct {
	// Message is what a user and each of their connections may write.
	Message Rate
	// Room is what all that write in one room may together; it protects small servers.
	Room Rate
	// Reaction, RPC and Name are those of a user and each of their connections.
	Reaction, RPC, Name Rate
	// Read is how often a connection may join rooms and read history, which costs the
	// server much more than to ask for it. Addresses have no limit: behind one of a school
	// all come at once.
	Read Rate
	// Connect is how often one address may connect.
	Connect Rate
	// AddressFactor is how many users one address counts for: behind a carrier's
	// address (CGNAT) are many.
	AddressFactor int
	// Offence is how often a connection may be refused before it should be closed.
	Offence Rate
	// Max bounds the buckets of each limiter; 0: Config's default.
	Max int
}

// Defaults are the settings that a chat starts with.
func Defaults() Settings {
	return Settings{
		Message:  Rate{5, 10 * time.Second},
		Reaction: Rate{100, 5 * time.Second},
		RPC:      Rate{20, 10 * time.Second},
		Name:     Rate{5, time.Minute},
		Read:     Rate{40, 10 * time.Second},
		// A reconnecting household, office or mobile carrier must get in.
		Connect:       Rate{50, 10 * time.Second},
		AddressFactor: 10,
		Offence:       Rate{30, time.Minute},
	}
}

// NewLimits makes the limiters.
func NewLimits(s Settings) *Limits {
	per := func(r Rate) Config {
		return Config{User: r, Connection: r, Address: r.Times(max(1, s.AddressFactor)), Max: s.Max}
	}
	messages := per(s.Message)
	messages.Room = s.Room
	return &Limits{
		Messages: New(messages), Reactions: New(per(s.Reaction)), RPCs: New(per(s.RPC)), Names: New(per(s.Name)),
		Reads:    New(Config{Connection: s.Read, Max: s.Max}),
		Connects: New(Config{Address: s.Connect, Max: s.Max}),
		offences: New(Config{Connection: s.Offence, Max: s.Max}),
	}
}

// Denied counts that something was refused to a connection, by whichever limiter, and
// tells whether it should be closed: a client that keeps to the answers is never.
func (l *Limits) Denied(now time.Time, connection string) (disconnect bool) {
	_, ok := l.offences.Take(now, Who{Connection: connection})
	return !ok
}
