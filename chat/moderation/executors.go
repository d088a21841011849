package moderation

import (
	"context"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// executors carry out actions that were checked.
var executors = map[string]func(context.Context, *execution) error{
	ActionDelete:   doDelete,
	ActionPurge:    doPurge,
	ActionTimeout:  func(ctx context.Context, t *execution) error { return t.impose(ctx, Timeout) },
	ActionBan:      func(ctx context.Context, t *execution) error { return t.impose(ctx, Ban) },
	ActionShadow:   func(ctx context.Context, t *execution) error { return t.impose(ctx, Shadow) },
	ActionUnban:    func(ctx context.Context, t *execution) error { return t.lift(ctx, Ban, Timeout) },
	ActionUnshadow: func(ctx context.Context, t *execution) error { return t.lift(ctx, Shadow) },
	ActionSlow:     doSlow,
	ActionMembers: func(ctx context.Context, t *execution) error {
		return t.setSwitch(ctx, membersRegister, "members only")
	},
	ActionEmotes:     func(ctx context.Context, t *execution) error { return t.setSwitch(ctx, emotesRegister, "emotes only") },
	ActionClose:      func(ctx context.Context, t *execution) error { return t.setSwitch(ctx, closedRegister, "chat closed") },
	ActionLinks:      func(ctx context.Context, t *execution) error { return t.setSwitch(ctx, linksRegister, "links allowed") },
	ActionPin:        doPin,
	ActionUnpin:      doUnpin,
	ActionPoll:       doPoll,
	ActionEndPoll:    doEndPoll,
	ActionAnnounce:   doAnnounce,
	ActionWave:       doWave,
	ActionAddWord:    doAddWord,
	ActionRemoveWord: doRemoveWord,
	ActionReport:     doReport,
}

func doDelete(ctx context.Context, t *execution) error {
	if m, ok := t.cfg.Participants.Message(ctx, t.action.Room, t.action.Message); ok {
		t.target = m.User
		if m.User.ID != t.actor.ID {
			if err := t.checkRank(m.User); err != nil {
				return err
			}
		}
	}
	t.out.Events = []any{message.Delete{Type: message.TypeDelete, IDs: []string{t.action.Message}, Sent: t.now}}
	t.setDone("deleted the message")
	return nil
}

func doPurge(_ context.Context, t *execution) error {
	t.out.Events = []any{message.Delete{Type: message.TypeDelete, User: t.target.ID, Sent: t.now}}
	t.setDone("deleted all messages of %s", t.targetName())
	return nil
}

var imposed = map[string]string{Ban: "banned %s", Timeout: "timed out %s", Shadow: "put %s into shadow mode"}

// impose enters a sanction. A moderator doesn't shorten what a host imposed.
func (t *execution) impose(ctx context.Context, kind string) error {
	s := Sanction{Kind: kind, Room: t.action.Room, User: t.target.ID, Name: t.target.Name, At: t.now, By: t.actor, Reason: t.action.Reason}
	if t.action.Network != "" {
		s.Network = netip.MustParsePrefix(t.action.Network) // checkTarget wrote it
	}
	if t.action.Seconds > 0 {
		s.Until = t.now + t.action.Seconds*1000
	}
	s.ID = SanctionID(kind, s.Room, s.User, s.Network)
	if old, ok := t.index.Get(s.ID); ok {
		if err := t.mayChange(old); err != nil {
			return err
		}
		s.At = max(s.At, old.At+1)
	}
	if _, err := t.index.Put(s); err != nil {
		return refuse("there are %d sanctions; lift some first", MaxSanctions)
	}
	t.storeSanction(ctx, s)
	t.change.Sanctions = append(t.change.Sanctions, s)
	if kind == Ban {
		t.out.Disconnect = []DisconnectTarget{{Room: s.Room, User: s.User, Network: s.Network, Reason: s.Reason}}
	}
	t.setDone(imposed[kind]+"%s", t.targetName(), t.lasting())
	return nil
}

// lasting tells for how long.
func (t *execution) lasting() string {
	if t.action.Seconds == 0 {
		return ""
	}
	return " for " + (time.Duration(t.action.Seconds) * time.Second).String()
}

func (t *execution) mayChange(s Sanction) error {
	if !s.over(t.now) && s.By.Role == message.Host && t.actor.Role != message.Host {
		return message.Refuse(message.CodeMayNot, "a host imposed that; only a host may change it")
	}
	return nil
}

// lift ends sanctions.
func (t *execution) lift(ctx context.Context, kinds ...string) error {
	var prefix netip.Prefix
	if t.action.Network != "" {
		prefix = netip.MustParsePrefix(t.action.Network) // checkTarget wrote it
	}
	subjects := []string{t.target.ID}
	if t.cfg.Pseudonym != nil && t.target.ID != "" { // their data was erased since, perhaps
		subjects = append(subjects, t.cfg.Pseudonym(t.target.ID))
	}
	var found []Sanction
	for i := range len(kinds) * len(subjects) {
		s, ok := t.index.Get(SanctionID(kinds[i/len(subjects)], t.action.Room, subjects[i%len(subjects)], prefix))
		if !ok || s.over(t.now) {
			continue
		}
		if err := t.mayChange(s); err != nil {
			return err
		}
		found = append(found, s)
	}
	if len(found) == 0 {
		return refuse("nothing of that kind holds %s in this room", t.targetName())
	}
	for _, s := range found {
		s.Removed, s.At, s.By, s.Reason = true, max(t.now, s.At+1), t.actor, t.action.Reason
		if _, err := t.index.Put(s); err != nil {
			return refuse("the sanction can't be lifted: %v", err)
		}
		t.storeSanction(ctx, s)
		t.change.Sanctions = append(t.change.Sanctions, s)
	}
	if kinds[0] == Shadow {
		t.setDone("%s is out of shadow mode", t.targetName())
	} else {
		t.setDone("%s may come and write again", t.targetName())
	}
	return nil
}

// writeRegisters sets registers of the room, keeps and shares them, and shows the room.
func (t *execution) writeRegisters(ctx context.Context, values map[string]any) error {
	t.room.mu.Lock()
	written, err := t.room.set(t.cfg.Node, t.now, values)
	t.room.mu.Unlock()
	if err != nil {
		return refuse("that can't be stored: %v", err)
	}
	t.polls.Wake()
	t.rooms.save(ctx, t.room)
	t.change.Room, t.change.Registers = t.room.name, written
	t.out.Events = append(t.out.Events, t.room.state(t.now))
	return nil
}

func doSlow(ctx context.Context, t *execution) error {
	if t.setDone("slow mode: one message every %v", time.Duration(t.action.Seconds)*time.Second); t.action.Seconds == 0 {
		t.setDone("slow mode is off")
	}
	return t.writeRegisters(ctx, map[string]any{slowRegister: t.action.Seconds})
}

func (t *execution) setSwitch(ctx context.Context, register, name string) error {
	if t.setDone("%s: off", name); t.action.On {
		t.setDone("%s: on", name)
	}
	return t.writeRegisters(ctx, map[string]any{register: t.action.On})
}

func doPin(ctx context.Context, t *execution) error {
	pinned := message.Message{ID: t.cfg.ID(), Text: t.action.Text, At: t.now, Sent: t.now, User: t.actor}
	if t.action.Message != "" {
		found, ok := t.cfg.Participants.Message(ctx, t.action.Room, t.action.Message)
		if !ok {
			return refuse("that message is not known any more; pin its text")
		}
		pinned = found
	}
	t.setDone("pinned")
	return t.writeRegisters(ctx, map[string]any{pinnedRegister: pinned})
}

func doUnpin(ctx context.Context, t *execution) error {
	if t.room.view.Load().Pinned == nil {
		return refuse("nothing is pinned")
	}
	t.setDone("unpinned")
	return t.writeRegisters(ctx, map[string]any{pinnedRegister: nil})
}

func doPoll(ctx context.Context, t *execution) error {
	if p := t.room.view.Load().poll; p.ID != "" && !p.over(t.now) {
		return refuse("a poll is running; end it first with /endpoll")
	}
	t.setDone("asked: %s", t.action.Text)
	return t.writeRegisters(ctx, map[string]any{pollRegister: poll{
		ID: t.cfg.ID(), Question: t.action.Text, Options: t.action.Options, Ends: t.now + t.action.Seconds*1000,
	}})
}

func doEndPoll(ctx context.Context, t *execution) error {
	p := t.room.view.Load().poll
	if p.ID == "" || p.over(t.now) {
		return refuse("no poll is running")
	}
	p.Ends = t.now
	t.setDone("the poll is over")
	return t.writeRegisters(ctx, map[string]any{pollRegister: p})
}

func doAnnounce(_ context.Context, t *execution) error {
	t.out.Announcement = &message.Message{ID: t.cfg.ID(), Text: t.action.Text, At: t.now, Sent: t.now, User: t.actor, Announcement: true}
	t.setDone("announced")
	return nil
}

func doWave(_ context.Context, t *execution) error {
	t.out.Events = []any{message.Wave{Type: message.TypeWave, Color: t.action.Color, At: t.now, Sent: t.now, By: t.actor}}
	t.setDone("a wave in %s", t.action.Color)
	return nil
}

func doAddWord(ctx context.Context, t *execution) error {
	t.room.mu.Lock()
	registers, known := len(t.room.registers), value(t.room, wordRegister+t.action.Text, false)
	t.room.mu.Unlock()
	switch {
	case known:
		return refuse("that word is filtered already")
	case len(t.room.view.Load().Words) >= MaxRoomWords || registers >= maxRegisters:
		return refuse("a room filters at most %d words", MaxRoomWords)
	}
	t.setDone("the word is filtered from now on")
	return t.writeRegisters(ctx, map[string]any{wordRegister + t.action.Text: true})
}

func doRemoveWord(ctx context.Context, t *execution) error {
	t.room.mu.Lock()
	known := value(t.room, wordRegister+t.action.Text, false)
	t.room.mu.Unlock()
	if !known {
		return refuse("that word is not in the room's list")
	}
	t.setDone("the word is no longer filtered")
	return t.writeRegisters(ctx, map[string]any{wordRegister + t.action.Text: false})
}
