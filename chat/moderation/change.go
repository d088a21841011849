package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/globalfandom/lightstick/chat/cluster/envelope"
)

// changeVersion of the format; a process leaves changes of later versions alone.
const changeVersion = 1

// Limits of a change from another process.
const (
	maxChange      = 1 << 20 // bytes
	votesPerChange = 2000
	sanctionsEach  = 500 // in one change of a dump
)

// Change is what one process tells others.
type Change struct {
	Version   int                 `json:"v"`
	Node      string              `json:"node"`
	Room      string              `json:"room,omitempty"`
	Registers map[string]Register `json:"registers,omitempty"`
	Sanctions []Sanction          `json:"sanctions,omitempty"`
	Poll      string              `json:"poll,omitempty"`
	Votes     []Vote              `json:"votes,omitempty"`
	Audit     []Entry             `json:"audit,omitempty"`
	Erased    []string            `json:"erased,omitempty"` // users whose data is gone
}

func (d *Moderator) newChange(room string) Change {
	return Change{Version: changeVersion, Node: d.cfg.Node, Room: room}
}

// Encode encodes the change for a broadcast.
func (c Change) Encode() []byte {
	data, _ := json.Marshal(c) // of types that can't fail
	return data
}

// DecodeChange decodes what another process has broadcast.
func DecodeChange(data []byte) (c Change, err error) {
	if len(data) > maxChange {
		return Change{}, fmt.Errorf("change: %d bytes are too many", len(data))
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return Change{}, fmt.Errorf("change: %w", err)
	}
	return c, nil
}

// Lasting are the sanctions and settings of a change, each by itself with its version: what
// processes that start later have to know, too.
func (c Change) Lasting() []envelope.Envelope[Change] {
	var lasting []envelope.Envelope[Change]
	add := func(key string, version envelope.Version, until int64, part Change) {
		part.Version, part.Node = c.Version, c.Node
		lasting = append(lasting, envelope.Envelope[Change]{Version: version, Key: key, Until: until, Value: &part})
	}
	for i := range c.Sanctions {
		s := &c.Sanctions[i]
		add(s.ID, s.version(), s.sharedUntil(), Change{Sanctions: c.Sanctions[i : i+1]})
	}
	for name, register := range c.Registers {
		add("room:"+c.Room+":"+name, register.version(), 0, Change{Room: c.Room, Registers: map[string]Register{name: register}})
	}
	return lasting
}

// Passing is the rest of a change, which processes that start later need not know; ok is
// false if there is none.
func (c Change) Passing() (rest Change, ok bool) {
	c.Sanctions, c.Registers = nil, nil
	return c, len(c.Votes) > 0 || len(c.Audit) > 0
}

// Apply takes a change that another process made. Changes may come late, twice and in
// any order. The outcome has who must be disconnected here, and, if two processes
// changed a room at once, the room as it is now. The error reports a change that
// can't be read; it is the sender's fault, and nothing was changed.
func (d *Moderator) Apply(ctx context.Context, c Change) (Outcome, error) {
	if c.Version != changeVersion {
		return Outcome{}, fmt.Errorf("change: version %d is not %d", c.Version, changeVersion)
	}
	out := Outcome{}
	if c.Node == d.cfg.Node {
		return out, nil
	}
	for _, s := range c.Sanctions {
		if s.valid() {
			out.Disconnect = append(out.Disconnect, d.mergeSanction(ctx, s)...)
		}
	}
	for _, user := range c.Erased {
		d.forgetUser(user)
	}
	for _, e := range c.Audit {
		d.appendAudit(ctx, e)
	}
	if c.Room == "" || len(c.Registers) == 0 && len(c.Votes) == 0 {
		return out, nil
	}
	r, err := d.rooms.get(ctx, c.Room)
	if err != nil {
		return out, err
	}
	out.Action.Room = c.Room
	r.mu.Lock()
	changed, crossed := r.merge(c.Registers)
	r.countVotes(c.Poll, c.Votes)
	r.mu.Unlock()
	d.polls.Wake()
	if changed {
		d.rooms.save(ctx, r)
	}
	if crossed {
		out.Events = []any{r.state(now())}
	}
	return out, nil
}

// countVotes enters votes of another process. mu is held.
func (r *room) countVotes(poll string, votes []Vote) {
	if poll == "" || r.ballot.poll != poll {
		return
	}
	shown := r.ballot.dirty
	for _, v := range votes {
		if v[1] >= 0 && v[1] < int64(len(r.ballot.counts)) {
			r.ballot.put(uint64(v[0]), vote{option: int8(v[1]), at: v[2]})
		}
	}
	r.ballot.dirty = shown // whose votes they are shows them
}

// mergeSanction puts a sanction into the index and the store, and gives whom it takes off.
func (d *Moderator) mergeSanction(ctx context.Context, s Sanction) []DisconnectTarget {
	news, err := d.index.Put(s)
	if err != nil {
		d.cfg.Log.Error("a sanction of another process does not fit", "err", err)
		return nil
	}
	if !news {
		return nil
	}
	d.storeSanction(ctx, s)
	if s.Kind != Ban || s.over(now()) {
		return nil
	}
	return []DisconnectTarget{{Room: s.Room, User: s.User, Network: s.Network, Reason: s.Reason}}
}

// Dump gives all that is known, as changes, for a process that has just joined.
func (d *Moderator) Dump() []Change {
	var dump []Change
	for all := d.index.All(); len(all) > 0; {
		n := min(sanctionsEach, len(all))
		c := d.newChange("")
		c.Sanctions, all = all[:n], all[n:]
		dump = append(dump, c)
	}
	for _, r := range d.rooms.all() {
		dump = append(dump, d.dumpRoom(r)...)
	}
	return dump
}

func (d *Moderator) dumpRoom(r *room) []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.registers) == 0 {
		return nil
	}
	c := d.newChange(r.name)
	c.Registers = maps.Clone(r.registers)
	dump := []Change{c}
	c = d.newChange(r.name)
	c.Poll = r.ballot.poll
	for key, v := range r.ballot.votes {
		c.Votes = append(c.Votes, Vote{int64(key), int64(v.option), v.at})
		if len(c.Votes) == votesPerChange {
			dump, c.Votes = append(dump, c), nil
		}
	}
	if len(c.Votes) > 0 {
		dump = append(dump, c)
	}
	return dump
}
