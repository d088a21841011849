package moderation

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/chat/message"
)

// Limits of polls.
const (
	// MaxVoters is how many votes a poll counts; about 40 bytes of memory each.
	MaxVoters = 500_000
	// keptVoters is up to how many voters are stored with a room: 12 bytes each. Of
	// more, the counts are stored, and who votes after a restart may do so again.
	keptVoters = 5_000
	// changedMind is how long a vote stands at least.
	changedMind = 1000 // ms
)

// poll as it was asked.
type poll struct {
	ID       string   `json:"id,omitempty"`
	Question string   `json:"question,omitempty"`
	Options  []string `json:"options,omitempty"`
	Ends     int64    `json:"ends,omitempty"` // ms
}

func (p poll) valid() bool {
	if p.ID == "" {
		return len(p.Options) == 0
	}
	return len(p.ID) <= maxID && len(p.Options) >= 2 && len(p.Options) <= message.MaxOptions && utf8.RuneCountInString(p.Question) <= MaxQuestion &&
		!slices.ContainsFunc(p.Options, func(o string) bool { return utf8.RuneCountInString(o) > MaxOption })
}

func (p poll) over(now int64) bool { return now >= p.Ends }

// shown is the poll as pages see it.
func (p poll) shown(b *ballot, now int64) *message.Poll {
	shown := &message.Poll{ID: p.ID, Question: p.Question, Ends: p.Ends, Over: p.over(now)}
	for i, option := range p.Options {
		shown.Options = append(shown.Options, message.Option{Text: option, Votes: b.counts[i]})
	}
	return shown
}

// ballot holds a poll's votes.
type ballot struct {
	poll   string
	counts []int
	votes  map[uint64]vote
	guests map[netip.Prefix]int // votes of guests by network
	fresh  []Vote               // of this process, not shared yet
	dirty  bool                 // counts have changed since they were last shown
	ended  bool                 // the end has been shown
}

// vote is one person's.
type vote struct {
	option int8
	at     int64 // ms
}

// Vote is a vote for other processes: a hash of poll and voter, the option, and when.
type Vote [3]int64

func newBallot(p poll) *ballot {
	return &ballot{poll: p.ID, counts: make([]int, len(p.Options)), votes: map[uint64]vote{}, guests: map[netip.Prefix]int{}}
}

// voter hides who voted: the same user has another key in each poll.
func voter(poll, user string) uint64 {
	sum := sha256.Sum256([]byte(poll + "\x00" + user))
	return binary.BigEndian.Uint64(sum[:8])
}

// put counts a vote, unless a later one of the voter is known.
func (b *ballot) put(key uint64, v vote) bool {
	old, voted := b.votes[key]
	switch {
	case voted && (old.at > v.at || old.at == v.at && old.option >= v.option):
		return false
	case !voted && len(b.votes) >= MaxVoters:
		return false
	case voted:
		b.counts[old.option]--
	}
	b.votes[key] = v
	b.counts[v.option]++
	b.dirty = true
	return true
}

// storedVotes are a ballot in the store.
type storedVotes struct {
	Poll   string `json:"poll"`
	Counts []int  `json:"counts"`
	// Voters has 9 bytes for each: the key, and the option.
	Voters []byte `json:"voters,omitempty"`
}

func (b *ballot) stored() *storedVotes {
	if b.poll == "" {
		return nil
	}
	k := &storedVotes{Poll: b.poll, Counts: b.counts}
	if len(b.votes) <= keptVoters {
		for key, v := range b.votes {
			k.Voters = append(binary.BigEndian.AppendUint64(k.Voters, key), byte(v.option))
		}
	}
	return k
}

// restore takes a ballot from the store.
func (b *ballot) restore(k *storedVotes) {
	if k == nil || k.Poll != b.poll || len(k.Counts) != len(b.counts) {
		return
	}
	for i, count := range k.Counts {
		b.counts[i] = max(0, count)
	}
	for voters := k.Voters; len(voters) >= 9; voters = voters[9:] {
		if option := int8(voters[8]); option >= 0 && int(option) < len(b.counts) {
			b.votes[binary.BigEndian.Uint64(voters)] = vote{option: option}
		}
	}
}
