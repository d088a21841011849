package moderation

import (
	"context"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/clientnet"
)

// How often Run shows and shares votes, and forgets what has run out.
const (
	showEvery  = time.Second
	sweepEvery = 30 * time.Second
)

// Vote counts one user's answer to the room's poll; they may change it. Guests of one
// address have a limited number of votes. The error is a *message.Refusal. Results go
// out with Run, at most once a second.
func (d *Moderator) Vote(ctx context.Context, room, poll string, user message.User, addr netip.Addr, option int) error {
	r, err := d.rooms.get(ctx, room)
	if err != nil {
		return err
	}
	at := now()
	holds := d.index.Find(room, user, addr, at)
	if holds.Ban != nil {
		return holds.Ban.refusal(message.CodeBanned, "you are banned here", at)
	}
	p := r.view.Load().poll
	switch {
	case p.ID == "" || p.ID != poll || p.over(at):
		return refuse("that poll is over")
	case option < 0 || option >= len(p.Options):
		return refuse("the poll has no such answer")
	case user.ID == "" || !user.Role.Valid():
		return message.Refuse(message.CodeMayNot, "you may not vote")
	case holds.Shadow != nil:
		return nil // as if it had counted
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ballot.cast(p.ID, user, addr, vote{option: int8(option), at: at}, d.cfg.GuestVotes)
}

// cast counts a vote of this process's user.
func (b *ballot) cast(poll string, user message.User, addr netip.Addr, v vote, guests int) error {
	if b.poll != poll {
		return refuse("that poll is over")
	}
	key := voter(poll, user.ID)
	old, voted := b.votes[key]
	switch {
	case voted && old.option == v.option:
		return nil
	case voted && v.at-old.at < changedMind:
		return message.Later(message.CodeTooFast, time.Duration(changedMind-v.at+old.at)*time.Millisecond, "you just voted")
	case !voted && len(b.votes) >= MaxVoters:
		return message.Refuse(message.CodeUnavailable, "the poll can't count more votes")
	}
	if !voted && user.Role == message.Guest && addr.IsValid() {
		network := clientnet.Of(addr)
		if b.guests[network] >= guests {
			return message.Refuse(message.CodeTooFast, "too many guests have voted from your network; sign in to vote")
		}
		b.guests[network]++
	}
	if b.put(key, v) {
		b.fresh = append(b.fresh, Vote{int64(key), int64(v.option), v.at})
	}
	return nil
}

// Run shows polls' results and ends, shares votes, and forgets what has run out, until
// ctx ends; then it stores running polls.
func (d *Moderator) Run(ctx context.Context) error {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	defer d.polls.Stop()
	for {
		select {
		case <-d.polls.C:
			d.polls.Do(func() bool { return d.emitPolls(ctx) })
		case <-sweep.C:
			d.sweepExpired(ctx)
		case <-ctx.Done():
			for _, r := range d.rooms.all() {
				if r.view.Load().poll.ID != "" {
					d.rooms.save(ctx, r)
				}
			}
			return nil
		}
	}
}

// emitPolls shows every room's poll, and tells whether one goes on.
func (d *Moderator) emitPolls(ctx context.Context) (open bool) {
	for _, r := range d.rooms.all() {
		open = d.emitPoll(ctx, r) || open
	}
	return open
}

// emitPoll emits a poll's counts if votes came in, and its end once. It tells whether the
// poll goes on.
func (d *Moderator) emitPoll(ctx context.Context, r *room) (open bool) {
	p, at := r.view.Load().poll, now()
	if p.ID == "" {
		return false
	}
	r.mu.Lock()
	b := r.ballot
	ends := p.over(at) && !b.ended && b.poll == p.ID
	due := ends || b.dirty
	votes := b.fresh
	b.fresh, b.dirty, b.ended = nil, false, b.ended || ends
	open = !b.ended
	r.mu.Unlock()
	if !due && len(votes) == 0 {
		return open
	}
	out := Outcome{Action: Action{Room: r.name}, Events: []any{r.state(at)}}
	for {
		n := min(votesPerChange, len(votes))
		if n > 0 {
			c := d.newChange(r.name)
			c.Poll, c.Votes, votes = p.ID, votes[:n], votes[n:]
			out.Share = &c
		}
		d.cfg.Emit(ctx, r.name, out)
		if out = (Outcome{Action: Action{Room: r.name}}); len(votes) == 0 {
			break
		}
	}
	if ends {
		d.rooms.save(ctx, r)
	}
	return open
}

// sweepExpired forgets what has run out.
func (d *Moderator) sweepExpired(ctx context.Context) {
	at := now()
	for _, id := range d.index.Sweep(at) {
		if err := d.cfg.Store.DeleteSanction(ctx, id); err != nil {
			d.cfg.Log.Warn("a sanction that has run out can't be deleted", "id", id, "err", err)
		}
	}
	for _, r := range d.rooms.all() {
		r.mu.Lock()
		r.forgetWords(at)
		r.mu.Unlock()
	}
}
