package chat

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// openModerator sets up where moderation sits.
func (s *Service) openModerator(ctx context.Context) (err error) {
	setup := s.cfg.Moderation
	setup.Node, setup.Participants, setup.Emit, setup.Log = s.node.ID(), participants{s}, s.applyEmitted, s.cfg.Log
	setup.Cooldowns = s.cluster.Cooldowns(moderation.NewMemoryCooldowns())
	s.shared = s.cluster.Shared("moderation", func(_ string, value json.RawMessage) { s.queueChange(value) })
	s.moderator, err = moderation.New(ctx, setup)
	return err
}

// participants tells the Moderator who and what is in a room.
type participants struct{ service *Service }

// User implements moderation.Directory.
func (d participants) User(_ context.Context, room, id string) (message.User, bool) {
	for _, c := range d.service.node.Hub().UserConnections(id) {
		if who := sessionOf(c); who != nil {
			return who.in(room), true
		}
	}
	for _, user := range d.authors(room, "") {
		if user.ID == id {
			return user, true
		}
	}
	return message.User{}, false
}

// Named implements moderation.Directory.
func (d participants) Named(_ context.Context, room, name string) []message.User {
	var found []message.User
	for _, user := range d.authors(room, name) {
		if strings.EqualFold(user.Name, name) {
			found = append(found, user)
		}
	}
	return found
}

func (d participants) authors(room, prefix string) []message.User {
	if r := d.service.get(room); r != nil {
		return r.authors(prefix, ringSize)
	}
	return nil
}

// Message implements moderation.Directory.
func (d participants) Message(_ context.Context, room, id string) (message.Message, bool) {
	if r := d.service.get(room); r != nil {
		return r.find(id)
	}
	return message.Message{}, false
}

// answer is what acts and commands are answered with.
type answer struct {
	Done   string            `json:"done"`
	Action moderation.Action `json:"act"`
}

// runCommand does what was typed.
func (s *Service) runCommand(ctx context.Context, room *Room, a Author, text string) (*answer, error) {
	act, err := moderation.ParseCommand(text)
	if err != nil {
		return nil, err
	}
	return s.execute(ctx, room, a, moderation.ViaCommand, act)
}

// runAction does an act given as JSON.
func (s *Service) runAction(ctx context.Context, room *Room, a Author, data []byte) (*answer, error) {
	var act moderation.Action
	if json.Unmarshal(data, &act) != nil {
		return nil, message.Refuse(message.CodeAction, "the act can't be read")
	}
	return s.execute(ctx, room, a, moderation.ViaPage, act)
}

// execute does an act in the room. What is done in all rooms says so itself, and is for those
// who are hosts in all of them.
func (s *Service) execute(ctx context.Context, room *Room, a Author, via string, act moderation.Action) (*answer, error) {
	actor := a.User
	if act.Room == moderation.AllRooms {
		actor.Role = a.Everywhere
	} else {
		act.Room = room.name
	}
	act.Via = via
	outcome, err := s.moderator.Execute(ctx, actor, act)
	if err != nil {
		return nil, err
	}
	s.metrics.acts.Inc()
	s.applyOutcome(ctx, room, a.User, outcome)
	return &answer{Done: outcome.Done, Action: outcome.Action}, nil
}

// applyEmitted carries out what happens at the Moderator by itself.
func (s *Service) applyEmitted(ctx context.Context, name string, outcome moderation.Outcome) {
	if room, err := s.room(name); err == nil {
		s.applyOutcome(ctx, room, message.User{}, outcome)
	}
}

// applyOutcome does on the wire what the Moderator decided, here and everywhere.
func (s *Service) applyOutcome(ctx context.Context, room *Room, by message.User, outcome moderation.Outcome) {
	for _, event := range outcome.Events {
		s.announce(room, event, by)
	}
	if outcome.Announcement != nil {
		s.announce(room, *outcome.Announcement, by)
	}
	for _, target := range outcome.Disconnect {
		s.disconnectBannedClients(target)
	}
	if len(outcome.Share) > 0 && s.cluster.Clustered() {
		s.shareChange(ctx, outcome.Share)
	}
}

func (s *Service) announce(room *Room, event any, by message.User) {
	if err := room.announce(event, by); err != nil {
		s.cfg.Log.Error("chat: event", "room", room.name, "err", err)
	}
}

// shareChange tells other processes what the Moderator changed. Sanctions and settings are kept in
// Redis too, for those that start later; votes and the log only pass by.
func (s *Service) shareChange(ctx context.Context, data []byte) {
	var c moderation.Change
	if json.Unmarshal(data, &c) != nil {
		return
	}
	part := moderation.Change{Version: c.Version, Node: c.Node}
	for _, sanction := range c.Sanctions {
		p := part
		p.Sanctions = []moderation.Sanction{sanction}
		until := time.Time{}
		if sanction.Until > 0 {
			until = time.UnixMilli(sanction.Until)
		}
		s.setShared(ctx, sanction.ID, sanction.At, p, until)
	}
	for name, register := range c.Registers {
		p := part
		p.Room, p.Registers = c.Room, map[string]moderation.Register{name: register}
		s.setShared(ctx, "room:"+c.Room+":"+name, register.Revision, p, time.Time{})
	}
	if len(c.Votes) > 0 || len(c.Audit) > 0 {
		c.Sanctions, c.Registers = nil, nil
		if data, err := json.Marshal(c); err == nil {
			s.cluster.Broadcast(opChange, data)
		}
	}
}

func (s *Service) setShared(ctx context.Context, key string, version int64, c moderation.Change, until time.Time) {
	data, err := json.Marshal(c)
	if err == nil {
		err = s.shared.Set(ctx, key, version, data, until)
	}
	if err != nil {
		s.cfg.Log.Error("chat: other processes were not told", "what", key, "err", err)
	}
}

// setIsolated is told whether the other processes can't be reached, or can again: then what
// is voted on there is asked for.
func (s *Service) setIsolated(apart bool) {
	s.isolated.Store(apart)
	s.stats.SetIsolated(apart)
	if !apart {
		s.cluster.Broadcast(opAsk, nil)
	}
}

// ForgetUser takes a person whose data was erased out of what the rooms remember: their
// messages vanish from pages, and sanctions know them by a pseudonym.
func (s *Service) ForgetUser(ctx context.Context, user string) {
	for _, outcome := range s.moderator.Erase(ctx, user) {
		if room := s.get(outcome.Action.Room); room != nil {
			s.applyOutcome(ctx, room, message.User{}, outcome)
		} else if len(outcome.Share) > 0 && s.cluster.Clustered() {
			s.cluster.Broadcast(opChange, outcome.Share)
		}
	}
	s.rooms.mu.RLock()
	open := slices.Collect(maps.Values(s.rooms.open))
	s.rooms.mu.RUnlock()
	for _, room := range open {
		if !room.wrote(user) {
			continue
		}
		data, content, err := message.Encode(message.Delete{Type: message.TypeDelete, User: user, Sent: time.Now().UnixMilli()})
		if err == nil { // past the archive, which has just forgotten them
			_, err = room.publish(content, data, "")
		}
		if err != nil {
			s.cfg.Log.Error("chat: erased messages were not taken off pages", "room", room.name, "err", err)
		}
	}
}

// Operations between processes.
const (
	opChange = "change" // moderation.Change
	opAsk    = "ask"    // for everything that the Moderator knows
	opTally  = "tally"  // reaction.Aggregator.Hear
	opDirect = "direct" // directTo
)

// maxChanges is how many changes of other processes may wait for the Moderator.
const maxChanges = 4096

// handleNotification takes what another process sent.
func (s *Service) handleNotification(e centrifuge.NotificationEvent) {
	switch e.Op {
	case opTally:
		if err := s.aggregator.AddPartial(e.Data); err != nil {
			s.cfg.Log.Debug("chat: another process's reactions", "err", err)
		}
	case opDirect:
		var to directTo
		if json.Unmarshal(e.Data, &to) == nil {
			s.deliver(to)
		}
	case opAsk:
		for _, change := range s.moderator.Dump() {
			s.cluster.Broadcast(opChange, change)
		}
	case opChange:
		s.queueChange(e.Data)
	}
}

// changeTime is how long a change waits for its place before the Moderator when too many of
// them come at once.
const changeTime = 5 * time.Second

// queueChange puts another process's change before the Moderator, in the order of arrival.
func (s *Service) queueChange(change []byte) {
	select {
	case s.changes <- change:
		return
	default:
	}
	late := time.NewTimer(changeTime)
	defer late.Stop()
	select {
	case s.changes <- change:
	case <-late.C:
		s.cfg.Log.Error("chat: too many changes of other processes wait; one is left out")
	}
}

// applyChanges lets the Moderator know of other processes' changes until ctx ends.
func (s *Service) applyChanges(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case change := <-s.changes:
			outcome, err := s.moderator.Apply(ctx, change)
			if err != nil && !errors.Is(err, context.Canceled) {
				s.cfg.Log.Error("chat: another process's change", "err", err)
			}
			for _, target := range outcome.Disconnect {
				s.disconnectBannedClients(target)
			}
			if room := s.get(outcome.Action.Room); room != nil {
				for _, event := range outcome.Events {
					s.announce(room, event, message.User{})
				}
			}
		}
	}
}

// disconnectBannedClients puts out those whom a ban means, in this process.
func (s *Service) disconnectBannedClients(target moderation.DisconnectTarget) {
	connections := s.node.Hub().Connections
	if target.User != "" {
		connections = func() map[string]*centrifuge.Client { return s.node.Hub().UserConnections(target.User) }
	}
	for _, c := range connections() {
		who := sessionOf(c)
		if who == nil || target.User == "" && !target.Network.Contains(who.address) {
			continue
		}
		if s.moderator.Admit(target.Room, who.in(target.Room), who.address) != nil {
			s.removeFromRoom(c, target.Room)
		}
	}
}

// unsubscribeBanned ends a subscription for good: clients don't try again below 2500.
var unsubscribeBanned = centrifuge.Unsubscribe{Code: 2401, Reason: "banned"}

// removeFromRoom ends a connection, or its part in the room if it is in others too.
func (s *Service) removeFromRoom(c *centrifuge.Client, room string) {
	in, rooms := sessionOf(c).inRoom(room)
	switch {
	case room == moderation.AllRooms || in && rooms == 1:
		go c.Disconnect(disconnectBanned) // not under the client's own call
	case in:
		go func() {
			c.Unsubscribe(chatPrefix+room, unsubscribeBanned)
			c.Unsubscribe(reactPrefix+room, unsubscribeBanned)
		}()
	}
}
