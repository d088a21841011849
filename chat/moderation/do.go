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

// deed is an act on its way.
type deed struct {
	*Desk
	act    Act
	actor  message.User
	target message.User // whom it is done to; by ID only if she isn't known
	room   *room        // nil for AllRooms
	now    int64
	out    Outcome
	change Change
}

// Do carries out an act for somebody. The error is a *message.Refusal, and then
// nothing was done but to write it down.
func (d *Desk) Do(ctx context.Context, actor message.User, act Act) (Outcome, error) {
	t := &deed{Desk: d, act: act, actor: actor, now: now(), change: d.change("")}
	err := t.do(ctx)
	if t.act.Act == ActHelp {
		return t.out, err
	}
	entry := t.entry(err)
	if err != nil {
		// Those who may do nothing here don't fill the log either.
		if t.act.Act != ActReport && (actor.Role.Moderates() || d.localTake(ctx, "refused:"+actor.ID, time.Minute)) {
			d.append(ctx, entry)
		}
		return Outcome{}, err
	}
	d.append(ctx, entry)
	t.change.Audit = []Entry{entry}
	t.out.Act, t.out.Done, t.out.Share = t.act, entry.Done, t.change.encode()
	return t.out, nil
}

func (d *Desk) localTake(ctx context.Context, key string, interval time.Duration) bool {
	wait, _ := d.local.Take(ctx, key, interval)
	return wait == 0
}

func (t *deed) do(ctx context.Context) error {
	if err := t.mayAct(); err != nil {
		return err
	}
	act, err := t.act.clean()
	if err != nil {
		return err
	}
	t.act = act
	if act.Act == ActHelp {
		return t.help()
	}
	if act.Room == AllRooms {
		if t.actor.Role != message.Host {
			return message.Refuse(message.CodeMayNot, "only hosts may do that for all rooms")
		}
	} else if t.room, err = t.Desk.room(ctx, act.Room); err != nil {
		return err
	}
	if act.User != "" {
		if err := t.find(ctx); err != nil {
			return err
		}
	}
	return deeds[act.Act](ctx, t)
}

// mayAct tells whether the actor may act at all.
func (t *deed) mayAct() error {
	if t.act.Act == ActReport {
		return nil
	}
	if !t.actor.Role.Moderates() {
		return message.Refuse(message.CodeMayNot, "only hosts and moderators may do that")
	}
	holds := t.book.Find(t.act.Room, t.actor, netip.Addr{}, t.now)
	for _, s := range []*Sanction{holds.Ban, holds.Timeout} {
		if s != nil {
			return s.refusal(message.CodeMayNot, "you may not act here for a while", t.now)
		}
	}
	return nil
}

func (t *deed) help() error {
	t.out.Act = t.act
	for _, c := range commands {
		if c.name == strings.ToLower(t.act.Text) {
			t.out.Done = c.usage + " - " + c.about
			return nil
		}
	}
	t.out.Done = Help()
	return nil
}

// find resolves whom the act is done to, and checks that the actor may do it to her.
func (t *deed) find(ctx context.Context) error {
	name, byName := strings.CutPrefix(t.act.User, "@")
	t.target = message.User{ID: t.act.User}
	if byName {
		switch found := t.cfg.Directory.Named(ctx, t.act.Room, name); len(found) {
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
		t.act.User = t.target.ID
	} else if user, ok := t.cfg.Directory.User(ctx, t.act.Room, t.act.User); ok {
		t.target = user
	}
	if t.target.ID == t.actor.ID && t.act.Act != ActPurge {
		return refuse("that is yourself")
	}
	if t.target.ID != t.actor.ID {
		return t.above(t.target)
	}
	return nil
}

// above tells whether the actor may do something to somebody. Who is not known passes:
// what a moderator does to a moderator by ID does not bind her (Sanction.binds).
func (t *deed) above(user message.User) error {
	if user.Role.Moderates() && t.actor.Role != message.Host {
		return message.Refuse(message.CodeMayNot, "only a host may do that to a host or moderator")
	}
	return nil
}

// entry is for the audit log.
func (t *deed) entry(err error) Entry {
	e := Entry{ID: newID(), Room: t.act.Room, At: t.now, By: t.actor, Via: t.act.Via, Act: t.act, Name: t.target.Name, Done: t.out.Done}
	if refusal := (*message.Refusal)(nil); errors.As(err, &refusal) {
		e.Done, e.Refused = "", refusal.Reason
	}
	if e.Refused != "" { // the act wasn't cleaned
		e.Act.Text, e.Act.Reason = cut(message.Clean(e.Act.Text), message.MaxText), cut(message.Clean(e.Act.Reason), MaxReason)
		e.Act.Act, e.Room = cut(message.Clean(e.Act.Act), 32), cut(message.Clean(e.Room), maxID)
		e.Act.User, e.Act.Message, e.Act.Room = cut(message.Clean(e.Act.User), maxID), cut(message.Clean(e.Act.Message), maxID), e.Room
		e.Act.Network, e.Act.Color, e.Act.Options = cut(message.Clean(e.Act.Network), maxID), cut(message.Clean(e.Act.Color), 32), nil
	}
	return e
}

// append writes to the audit log. An act holds even if it can't be written down.
func (d *Desk) append(ctx context.Context, e Entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	if err := d.cfg.Store.AppendAudit(ctx, e); err != nil {
		d.cfg.Log.Error("the audit log can't be written", "room", e.Room, "act", e.Act.Act, "by", e.By.ID, "err", err)
	}
}

// keep writes a sanction, or that it was lifted, to the store.
func (d *Desk) keep(ctx context.Context, s Sanction) {
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

// save writes a room to the store.
func (d *Desk) save(ctx context.Context, r *room) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	r.mu.Lock()
	data, revision, err := r.keep(now())
	r.mu.Unlock()
	if err == nil {
		err = d.cfg.Store.SaveRoom(ctx, r.name, data, revision)
	}
	if err != nil {
		d.cfg.Log.Error("a room's settings hold, but can't be stored", "room", r.name, "err", err)
	}
}

// say sets the sentence that tells what was done.
func (t *deed) say(format string, args ...any) { t.out.Done = fmt.Sprintf(format, args...) }

// who names the target for people.
func (t *deed) who() string {
	switch {
	case t.act.Network != "":
		return t.act.Network
	case t.target.Name != "":
		return t.target.Name
	}
	return t.target.ID
}
