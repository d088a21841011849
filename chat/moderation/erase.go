package moderation

import (
	"context"
	"slices"
)

// Erase takes a person's name and ID out of what the Moderator remembers, once the store
// has erased their data: sanctions go on under Config.Pseudonym, and what they wrote is
// pinned no more. The outcomes are each for the room of its action.
func (d *Moderator) Erase(ctx context.Context, user string) []Outcome {
	share := d.newChange("")
	share.Erased = []string{user}
	outcomes := []Outcome{{Share: &share}}
	d.forgetUser(user)
	for _, r := range d.rooms.all() {
		if out, changed := d.unpin(ctx, r, user); changed {
			outcomes = append(outcomes, out)
		}
	}
	return outcomes
}

// forgetUser renames the user in the index. Lifted sanctions of theirs are left out: they
// are there for changes that come late only.
func (d *Moderator) forgetUser(user string) {
	pseudonym := "erased"
	if d.cfg.Pseudonym != nil {
		pseudonym = d.cfg.Pseudonym(user)
	}
	d.index.mu.Lock()
	defer d.index.mu.Unlock()
	for _, s := range d.index.byID {
		if s.User != user && s.By.ID != user {
			continue
		}
		renamed := *s
		d.index.unlink(s)
		if renamed.By.ID == user {
			renamed.By.ID, renamed.By.Name = pseudonym, ""
		}
		if renamed.User == user {
			if renamed.Removed || d.cfg.Pseudonym == nil {
				continue
			}
			renamed.User, renamed.Name, renamed.Reason = pseudonym, "", ""
			renamed.ID = SanctionID(renamed.Kind, renamed.Room, pseudonym, renamed.Network)
		}
		d.index.link(&renamed)
	}
}

// unpin takes what the user wrote down.
func (d *Moderator) unpin(ctx context.Context, r *room, user string) (Outcome, bool) {
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
	d.rooms.save(ctx, r)
	c := d.newChange(r.name)
	c.Registers = written
	return Outcome{Action: Action{Room: r.name, Kind: ActionUnpin}, Events: []any{r.state(at)}, Share: &c}, true
}
