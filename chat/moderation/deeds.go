package moderation

import (
	"context"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// deeds carry out acts that were checked.
var deeds = map[string]func(context.Context, *deed) error{
	ActDelete:     doDelete,
	ActPurge:      doPurge,
	ActTimeout:    func(ctx context.Context, t *deed) error { return t.impose(ctx, Timeout) },
	ActBan:        func(ctx context.Context, t *deed) error { return t.impose(ctx, Ban) },
	ActShadow:     func(ctx context.Context, t *deed) error { return t.impose(ctx, Shadow) },
	ActUnban:      func(ctx context.Context, t *deed) error { return t.lift(ctx, Ban, Timeout) },
	ActUnshadow:   func(ctx context.Context, t *deed) error { return t.lift(ctx, Shadow) },
	ActSlow:       doSlow,
	ActMembers:    func(ctx context.Context, t *deed) error { return t.turn(ctx, membersRegister, "members only") },
	ActEmotes:     func(ctx context.Context, t *deed) error { return t.turn(ctx, emotesRegister, "emotes only") },
	ActClose:      func(ctx context.Context, t *deed) error { return t.turn(ctx, closedRegister, "chat closed") },
	ActLinks:      func(ctx context.Context, t *deed) error { return t.turn(ctx, linksRegister, "links allowed") },
	ActPin:        doPin,
	ActUnpin:      doUnpin,
	ActPoll:       doPoll,
	ActEndPoll:    doEndPoll,
	ActAnnounce:   doAnnounce,
	ActWave:       doWave,
	ActAddWord:    doAddWord,
	ActRemoveWord: doRemoveWord,
	ActReport:     doReport,
}

func doDelete(ctx context.Context, t *deed) error {
	if m, ok := t.cfg.Directory.Message(ctx, t.act.Room, t.act.Message); ok {
		t.target = m.User
		if m.User.ID != t.actor.ID {
			if err := t.above(m.User); err != nil {
				return err
			}
		}
	}
	t.out.Events = []any{message.Delete{Type: message.TypeDelete, IDs: []string{t.act.Message}, Sent: t.now}}
	t.say("deleted the message")
	return nil
}

func doPurge(_ context.Context, t *deed) error {
	t.out.Events = []any{message.Delete{Type: message.TypeDelete, User: t.target.ID, Sent: t.now}}
	t.say("deleted all messages of %s", t.who())
	return nil
}

var imposed = map[string]string{Ban: "banned %s", Timeout: "timed out %s", Shadow: "put %s into shadow mode"}

// impose enters a sanction. A moderator doesn't shorten what a host imposed.
func (t *deed) impose(ctx context.Context, kind string) error {
	s := Sanction{Kind: kind, Room: t.act.Room, User: t.target.ID, Name: t.target.Name, At: t.now, By: t.actor, Reason: t.act.Reason}
	if t.act.Network != "" {
		s.Network = netip.MustParsePrefix(t.act.Network) // checkTarget wrote it
	}
	if t.act.Seconds > 0 {
		s.Until = t.now + t.act.Seconds*1000
	}
	s.ID = sanctionID(kind, s.Room, s.User, s.Network)
	if old, ok := t.book.Get(s.ID); ok {
		if err := t.mayChange(old); err != nil {
			return err
		}
		s.At = max(s.At, old.At+1)
	}
	if _, err := t.book.Put(s); err != nil {
		return refuse("there are %d sanctions; lift some first", MaxSanctions)
	}
	t.keep(ctx, s)
	t.change.Sanctions = append(t.change.Sanctions, s)
	if kind == Ban {
		t.out.Disconnect = []Target{{Room: s.Room, User: s.User, Network: s.Network, Reason: s.Reason}}
	}
	t.say(imposed[kind]+"%s", t.who(), t.lasting())
	return nil
}

// lasting tells for how long.
func (t *deed) lasting() string {
	if t.act.Seconds == 0 {
		return ""
	}
	return " for " + (time.Duration(t.act.Seconds) * time.Second).String()
}

func (t *deed) mayChange(s Sanction) error {
	if !s.over(t.now) && s.By.Role == message.Host && t.actor.Role != message.Host {
		return message.Refuse(message.CodeMayNot, "a host imposed that; only a host may change it")
	}
	return nil
}

// lift ends sanctions.
func (t *deed) lift(ctx context.Context, kinds ...string) error {
	var prefix netip.Prefix
	if t.act.Network != "" {
		prefix = netip.MustParsePrefix(t.act.Network) // checkTarget wrote it
	}
	subjects := []string{t.target.ID}
	if t.cfg.Pseudonym != nil && t.target.ID != "" { // her data was erased since, perhaps
		subjects = append(subjects, t.cfg.Pseudonym(t.target.ID))
	}
	var found []Sanction
	for i := range len(kinds) * len(subjects) {
		s, ok := t.book.Get(sanctionID(kinds[i/len(subjects)], t.act.Room, subjects[i%len(subjects)], prefix))
		if !ok || s.over(t.now) {
			continue
		}
		if err := t.mayChange(s); err != nil {
			return err
		}
		found = append(found, s)
	}
	if len(found) == 0 {
		return refuse("nothing of that kind holds %s in this room", t.who())
	}
	for _, s := range found {
		s.Removed, s.At, s.By, s.Reason = true, max(t.now, s.At+1), t.actor, t.act.Reason
		if _, err := t.book.Put(s); err != nil {
			return refuse("the sanction can't be lifted: %v", err)
		}
		t.keep(ctx, s)
		t.change.Sanctions = append(t.change.Sanctions, s)
	}
	if kinds[0] == Shadow {
		t.say("%s is out of shadow mode", t.who())
	} else {
		t.say("%s may come and write again", t.who())
	}
	return nil
}

// write sets registers of the room, keeps and shares them, and shows the room.
func (t *deed) write(ctx context.Context, values map[string]any) error {
	t.room.mu.Lock()
	written, err := t.room.set(t.cfg.Node, t.now, values)
	t.room.mu.Unlock()
	if err != nil {
		return refuse("that can't be stored: %v", err)
	}
	t.polls.Wake()
	t.save(ctx, t.room)
	t.change.Room, t.change.Registers = t.room.name, written
	t.out.Events = append(t.out.Events, t.room.state(t.now))
	return nil
}

func doSlow(ctx context.Context, t *deed) error {
	if t.say("slow mode: one message every %v", time.Duration(t.act.Seconds)*time.Second); t.act.Seconds == 0 {
		t.say("slow mode is off")
	}
	return t.write(ctx, map[string]any{slowRegister: t.act.Seconds})
}

func (t *deed) turn(ctx context.Context, register, name string) error {
	if t.say("%s: off", name); t.act.On {
		t.say("%s: on", name)
	}
	return t.write(ctx, map[string]any{register: t.act.On})
}

func doPin(ctx context.Context, t *deed) error {
	pinned := message.Message{ID: t.cfg.ID(), Text: t.act.Text, At: t.now, Sent: t.now, User: t.actor}
	if t.act.Message != "" {
		found, ok := t.cfg.Directory.Message(ctx, t.act.Room, t.act.Message)
		if !ok {
			return refuse("that message is not known any more; pin its text")
		}
		pinned = found
	}
	t.say("pinned")
	return t.write(ctx, map[string]any{pinnedRegister: pinned})
}

func doUnpin(ctx context.Context, t *deed) error {
	if t.room.view.Load().Pinned == nil {
		return refuse("nothing is pinned")
	}
	t.say("unpinned")
	return t.write(ctx, map[string]any{pinnedRegister: nil})
}

func doPoll(ctx context.Context, t *deed) error {
	if p := t.room.view.Load().poll; p.ID != "" && !p.over(t.now) {
		return refuse("a poll is running; end it first with /endpoll")
	}
	t.say("asked: %s", t.act.Text)
	return t.write(ctx, map[string]any{pollRegister: poll{
		ID: t.cfg.ID(), Question: t.act.Text, Options: t.act.Options, Ends: t.now + t.act.Seconds*1000,
	}})
}

func doEndPoll(ctx context.Context, t *deed) error {
	p := t.room.view.Load().poll
	if p.ID == "" || p.over(t.now) {
		return refuse("no poll is running")
	}
	p.Ends = t.now
	t.say("the poll is over")
	return t.write(ctx, map[string]any{pollRegister: p})
}

func doAnnounce(_ context.Context, t *deed) error {
	t.out.Announcement = &message.Message{ID: t.cfg.ID(), Text: t.act.Text, At: t.now, Sent: t.now, User: t.actor, Announcement: true}
	t.say("announced")
	return nil
}

func doWave(_ context.Context, t *deed) error {
	t.out.Events = []any{message.Wave{Type: message.TypeWave, Color: t.act.Color, At: t.now, Sent: t.now, By: t.actor}}
	t.say("a wave in %s", t.act.Color)
	return nil
}

func doAddWord(ctx context.Context, t *deed) error {
	t.room.mu.Lock()
	registers, known := len(t.room.registers), value(t.room, wordRegister+t.act.Text, false)
	t.room.mu.Unlock()
	switch {
	case known:
		return refuse("that word is filtered already")
	case len(t.room.view.Load().Words) >= MaxRoomWords || registers >= maxRegisters:
		return refuse("a room filters at most %d words", MaxRoomWords)
	}
	t.say("the word is filtered from now on")
	return t.write(ctx, map[string]any{wordRegister + t.act.Text: true})
}

func doRemoveWord(ctx context.Context, t *deed) error {
	t.room.mu.Lock()
	known := value(t.room, wordRegister+t.act.Text, false)
	t.room.mu.Unlock()
	if !known {
		return refuse("that word is not in the room's list")
	}
	t.say("the word is no longer filtered")
	return t.write(ctx, map[string]any{wordRegister + t.act.Text: false})
}
