package moderation

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// execution is an action on its way.
type execution struct {
	*Moderator
	action Action
	actor  message.User
	target message.User // whom it is done to; by ID only if they aren't known
	room   *room        // nil for AllRooms
	now    int64
	out    Outcome
	change Change
}

// Execute carries out an action for somebody. The error is a *message.Refusal, and then
// nothing was done but to write it down.
func (d *Moderator) Execute(ctx context.Context, actor message.User, act Action) (Outcome, error) {
	t := &execution{Moderator: d, action: act, actor: actor, now: now(), change: d.newChange("")}
	err := t.run(ctx)
	if t.action.Kind == ActionHelp {
		return t.out, err
	}
	entry := t.auditEntry(err)
	if err != nil {
		// Those who may do nothing here don't fill the log either.
		if t.action.Kind != ActionReport && (actor.Role.Moderates() || d.cooldowns.takeLocal(ctx, "refused:"+actor.ID, time.Minute) == 0) {
			d.appendAudit(ctx, entry)
		}
		return Outcome{}, err
	}
	d.appendAudit(ctx, entry)
	t.change.Audit = []Entry{entry}
	t.out.Action, t.out.Done, t.out.Share = t.action, entry.Done, &t.change
	return t.out, nil
}

func (t *execution) run(ctx context.Context) error {
	if err := t.checkActor(); err != nil {
		return err
	}
	act, err := t.action.clean()
	if err != nil {
		return err
	}
	t.action = act
	if act.Kind == ActionHelp {
		return t.help()
	}
	if act.Room == AllRooms {
		if t.actor.Role != message.Host {
			return message.Refuse(message.CodeMayNot, "only hosts may do that for all rooms")
		}
	} else if t.room, err = t.rooms.get(ctx, act.Room); err != nil {
		return err
	}
	if act.User != "" {
		if err := t.resolveTarget(ctx); err != nil {
			return err
		}
	}
	return executors[act.Kind](ctx, t)
}

// checkActor tells whether the actor may act at all.
func (t *execution) checkActor() error {
	if t.action.Kind == ActionReport {
		return nil
	}
	if !t.actor.Role.Moderates() {
		return message.Refuse(message.CodeMayNot, "only hosts and moderators may do that")
	}
	holds := t.index.Find(t.action.Room, t.actor, netip.Addr{}, t.now)
	for _, s := range []*Sanction{holds.Ban, holds.Timeout} {
		if s != nil {
			return s.refusal(message.CodeMayNot, "you may not act here for a while", t.now)
		}
	}
	return nil
}

func (t *execution) help() error {
	t.out.Action = t.action
	for _, c := range commands {
		if c.name == strings.ToLower(t.action.Text) {
			t.out.Done = c.usage + " - " + c.about
			return nil
		}
	}
	t.out.Done = Help()
	return nil
}

// resolveTarget resolves whom the action is done to, and checks that the actor may do it to them.
func (t *execution) resolveTarget(ctx context.Context) error {
	name, byName := strings.CutPrefix(t.action.User, "@")
	t.target = message.User{ID: t.action.User}
	if byName {
		switch found := t.cfg.Participants.Named(ctx, t.action.Room, name); len(found) {
		case 0:
			return refuse("nobody named %s is known here; use the ID", cut(message.Clean(name), message.MaxName))
		case 1:
			t.target = found[0]
		default:
			ids := make([]string, 0, 5)
			for _, user := range found[:min(len(found), 5)] {
				ids = append(ids, user.ID)
			}
			return refuse("%d are named %s; say which by ID: %s", len(found), cut(message.Clean(name), message.MaxName), strings.Join(ids, ", "))
		}
		t.action.User = t.target.ID
	} else if user, ok := t.cfg.Participants.User(ctx, t.action.Room, t.action.User); ok {
		t.target = user
	}
	if t.target.ID == t.actor.ID && t.action.Kind != ActionPurge {
		return refuse("that is yourself")
	}
	if t.target.ID != t.actor.ID {
		return t.checkRank(t.target)
	}
	return nil
}

// checkRank tells whether the actor may do something to somebody. Who is not known passes:
// what a moderator does to a moderator by ID does not bind them (Sanction.binds).
func (t *execution) checkRank(user message.User) error {
	if user.Role.Moderates() && t.actor.Role != message.Host {
		return message.Refuse(message.CodeMayNot, "only a host may do that to a host or moderator")
	}
	return nil
}

// auditEntry is for the audit log.
func (t *execution) auditEntry(err error) Entry {
	e := Entry{ID: newID(), Room: t.action.Room, At: t.now, By: t.actor, Via: t.action.Via, Action: t.action, Name: t.target.Name, Done: t.out.Done}
	if refusal := (*message.Refusal)(nil); errors.As(err, &refusal) {
		e.Done, e.Refused = "", refusal.Reason
	}
	if e.Refused != "" { // the action wasn't cleaned
		e.Action.Text, e.Action.Reason = cut(message.Clean(e.Action.Text), message.MaxText), cut(message.Clean(e.Action.Reason), MaxReason)
		e.Action.Kind, e.Room = cut(message.Clean(e.Action.Kind), 32), cut(message.Clean(e.Room), maxID)
		e.Action.User, e.Action.Message, e.Action.Room = cut(message.Clean(e.Action.User), maxID), cut(message.Clean(e.Action.Message), maxID), e.Room
		e.Action.Network, e.Action.Color, e.Action.Options = cut(message.Clean(e.Action.Network), maxID), cut(message.Clean(e.Action.Color), 32), nil
	}
	return e
}

// appendAudit writes to the audit log. An action holds even if it can't be written down.
func (d *Moderator) appendAudit(ctx context.Context, e Entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	if err := d.cfg.Store.AppendAudit(ctx, e); err != nil {
		d.cfg.Log.Error("the audit log can't be written", "room", e.Room, "act", e.Action.Kind, "by", e.By.ID, "err", err)
	}
}

// storeSanction writes a sanction, or that it was lifted, to the store.
func (d *Moderator) storeSanction(ctx context.Context, s Sanction) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	write := func() error { return d.cfg.Store.PutSanction(ctx, s) }
	if s.Removed {
		write = func() error { return d.cfg.Store.DeleteSanction(ctx, s.ID) }
	}
	if err := write(); err != nil {
		d.cfg.Log.Error("a sanction holds, but can't be stored", "id", s.ID, "err", err)
	}
}

// setDone sets the sentence that tells what was done.
func (t *execution) setDone(format string, args ...any) { t.out.Done = fmt.Sprintf(format, args...) }

// targetName names the target for people.
func (t *execution) targetName() string {
	switch {
	case t.action.Network != "":
		return t.action.Network
	case t.target.Name != "":
		return t.target.Name
	}
	return t.target.ID
}
