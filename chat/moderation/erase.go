package moderation

import (
	"context"
	"slices"
)

// Erase takes a person's name and ID out of what the desk remembers, once the store
// has erased her data: sanctions go on under Config.Pseudonym, and what she wrote is
// pinned no more. The outcomes are each for the room of its act.
func (d *Desk) Erase(ctx context.Context, user string) []Outcome {
	share := d.change("")
	share.Erased = []string{user}
	outcomes := []Outcome{{Share: share.encode()}}
	d.forget(user)
	for _, r := range d.all() {
		if out, changed := d.unpin(ctx, r, user); changed {
			outcomes = append(outcomes, out)
		}
	}
	return outcomes
}

// forget renames the user in the book. Lifted sanctions of hers are left out: they
// are there for changes that come late only.
func (d *Desk) forget(user string) {
	pseudonym := "erased"
	if d.cfg.Pseudonym != nil {
		pseudonym = d.cfg.Pseudonym(user)
	}
	d.book.mu.Lock()
	defer d.book.mu.Unlock()
	for _, s := range d.book.byID {
		if s.User != user && s.By.ID != user {
			continue
		}
		renamed := *s
		d.book.unlink(s)
		if renamed.By.ID == user {
			renamed.By.ID, renamed.By.Name = pseudonym, ""
		}
		if renamed.User == user {
			if renamed.Removed || d.cfg.Pseudonym == nil {
				continue
			}
			renamed.User, renamed.Name, renamed.Reason = pseudonym, "", ""
			renamed.ID = sanctionID(renamed.Kind, renamed.Room, pseudonym, renamed.Network)
		}
		d.book.link(&renamed)
	}
}

// unpin takes what the user wrote down.
func (d *Desk) unpin(ctx context.Context, r *room, user string) (Outcome, bool) {
	pinned := r.view.Load().Pinned
	if pinned == nil || pinned.User.ID != user && (pinned.Reply == nil || pinned.Reply.User != user) && !slices.Contains(pinned.Mentions, user) {
		return Outcome{}, false
	}
	at := now()
	r.mu.Lock()
	written, err := r.set(d.cfg.Node, at, map[string]any{pinnedRegister: nil})
	r.mu.Unlock()
	if err != nil {
		return Outcome{}, false // of nil: it can't be
	}
	d.save(ctx, r)
	c := d.change(r.name)
	c.Registers = written
	return Outcome{Act: Act{Room: r.name, Act: ActUnpin}, Events: []any{r.state(at)}, Share: c.encode()}, true
}
