package chat

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/cluster/shared"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// moderationBridge connects the Moderator with the rooms of this process and with the other
// processes.
type moderationBridge struct {
	moderator *moderation.Moderator
	rooms     *rooms
	node      *centrifuge.Node
	cluster   *cluster.Cluster
	shared    *shared.Set[moderation.Change] // sanctions and settings
	changes   chan moderation.Change         // of other processes, for the Moderator
	actions   prometheus.Counter
	log       *slog.Logger
}

// newModerationBridge makes the Moderator and what is around it.
func newModerationBridge(ctx context.Context, cfg *Config, rs *rooms, actions prometheus.Counter) (*moderationBridge, error) {
	b := &moderationBridge{
		rooms: rs, node: rs.node, cluster: rs.cluster, changes: make(chan moderation.Change, maxChanges), actions: actions, log: cfg.Log,
	}
	setup := cfg.Moderation
	setup.Node, setup.Participants, setup.Emit, setup.Log = rs.node.ID(), participants{rs, rs.node}, b.applyEmitted, cfg.Log
	setup.Cooldowns = shared.NewCooldowns(rs.cluster, moderation.NewMemoryCooldowns())
	b.shared = shared.NewSet(rs.cluster, "moderation", b.queueChange)
	var err error
	b.moderator, err = moderation.New(ctx, setup)
	return b, err
}

// participants tells the Moderator who and what is in a room.
type participants struct {
	rooms *rooms
	node  *centrifuge.Node
}

// User implements moderation.Directory.
func (d participants) User(_ context.Context, room, id string) (message.User, bool) {
	for _, c := range d.node.Hub().UserConnections(id) {
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
	if r := d.rooms.find(room); r != nil {
		return r.authors(prefix, ringSize)
	}
	return nil
}

// Message implements moderation.Directory.
func (d participants) Message(_ context.Context, room, id string) (message.Message, bool) {
	if r := d.rooms.find(room); r != nil {
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
func (b *moderationBridge) runCommand(ctx context.Context, room *Room, a Author, text string) (*answer, error) {
	act, err := moderation.ParseCommand(text)
	if err != nil {
		return nil, err
	}
	return b.execute(ctx, room, a, moderation.ViaCommand, act)
}

// runAction does an act given as JSON.
func (b *moderationBridge) runAction(ctx context.Context, room *Room, a Author, data []byte) (*answer, error) {
	var act moderation.Action
	if json.Unmarshal(data, &act) != nil {
		return nil, message.Refuse(message.CodeAction, "the act can't be read")
	}
	return b.execute(ctx, room, a, moderation.ViaPage, act)
}

// execute does an act in the room. What is done in all rooms says so itself, and is for those
// who are hosts in all of them.
func (b *moderationBridge) execute(ctx context.Context, room *Room, a Author, via string, act moderation.Action) (*answer, error) {
	actor := a.User
	if act.Room == moderation.AllRooms {
		actor.Role = a.Everywhere
	} else {
		act.Room = room.name
	}
	act.Via = via
	outcome, err := b.moderator.Execute(ctx, actor, act)
	if err != nil {
		return nil, err
	}
	b.actions.Inc()
	b.applyOutcome(ctx, room, a.User, outcome)
	return &answer{Done: outcome.Done, Action: outcome.Action}, nil
}

// applyEmitted carries out what happens at the Moderator by itself.
func (b *moderationBridge) applyEmitted(ctx context.Context, name string, outcome moderation.Outcome) {
	if room, err := b.rooms.get(name); err == nil {
		b.applyOutcome(ctx, room, message.User{}, outcome)
	}
}

// applyOutcome does on the wire what the Moderator decided, here and everywhere.
func (b *moderationBridge) applyOutcome(ctx context.Context, room *Room, by message.User, outcome moderation.Outcome) {
	for _, event := range outcome.Events {
		b.announce(room, event, by)
	}
	if outcome.Announcement != nil {
		b.announce(room, *outcome.Announcement, by)
	}
	for _, target := range outcome.Disconnect {
		b.disconnectBannedClients(target)
	}
	if outcome.Share != nil && b.cluster.Clustered() {
		b.shareChange(ctx, outcome.Share)
	}
}

func (b *moderationBridge) announce(room *Room, event any, by message.User) {
	if err := room.announce(event, by); err != nil {
		b.log.Error("chat: event", "room", room.name, "err", err)
	}
}

// shareChange tells other processes what the Moderator changed. Sanctions and settings are kept in
// Redis too, for those that start later; votes and the log only pass by.
func (b *moderationBridge) shareChange(ctx context.Context, c *moderation.Change) {
	for _, lasting := range c.Lasting() {
		if err := b.shared.Put(ctx, lasting); err != nil {
			b.log.Error("chat: other processes were not told", "what", lasting.Key, "err", err)
		}
	}
	if passing, ok := c.Passing(); ok {
		b.cluster.Broadcast(opChange, passing.Encode())
	}
}

// forgetUser takes a person whose data was erased out of what the rooms remember: their
// messages vanish from pages, and sanctions know them by a pseudonym.
func (b *moderationBridge) forgetUser(ctx context.Context, user string) {
	for _, outcome := range b.moderator.Erase(ctx, user) {
		if room := b.rooms.find(outcome.Action.Room); room != nil {
			b.applyOutcome(ctx, room, message.User{}, outcome)
		} else if outcome.Share != nil && b.cluster.Clustered() {
			b.cluster.Broadcast(opChange, outcome.Share.Encode())
		}
	}
	for _, room := range b.rooms.all() {
		if !room.wrote(user) {
			continue
		}
		data, content, err := message.Encode(message.Delete{Type: message.TypeDelete, User: user, Sent: time.Now().UnixMilli()})
		if err == nil { // past the archive, which has just forgotten them
			_, err = room.publish(content, data, "")
		}
		if err != nil {
			b.log.Error("chat: erased messages were not taken off pages", "room", room.name, "err", err)
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

// changeTime is how long a change waits for its place before the Moderator when too many of
// them come at once.
const changeTime = 5 * time.Second

// queueChange puts another process's change before the Moderator, in the order of arrival.
func (b *moderationBridge) queueChange(change moderation.Change) {
	select {
	case b.changes <- change:
		return
	default:
	}
	late := time.NewTimer(changeTime)
	defer late.Stop()
	select {
	case b.changes <- change:
	case <-late.C:
		b.log.Error("chat: too many changes of other processes wait; one is left out")
	}
}

// applyChanges lets the Moderator know of other processes' changes until ctx ends.
func (b *moderationBridge) applyChanges(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case change := <-b.changes:
			outcome, err := b.moderator.Apply(ctx, change)
			if err != nil && !errors.Is(err, context.Canceled) {
				b.log.Error("chat: another process's change", "err", err)
			}
			for _, target := range outcome.Disconnect {
				b.disconnectBannedClients(target)
			}
			if room := b.rooms.find(outcome.Action.Room); room != nil {
				for _, event := range outcome.Events {
					b.announce(room, event, message.User{})
				}
			}
		}
	}
}

// disconnectBannedClients puts out those whom a ban means, in this process.
func (b *moderationBridge) disconnectBannedClients(target moderation.DisconnectTarget) {
	connections := b.node.Hub().Connections
	if target.User != "" {
		connections = func() map[string]*centrifuge.Client { return b.node.Hub().UserConnections(target.User) }
	}
	for _, c := range connections() {
		who := sessionOf(c)
		if who == nil || target.User == "" && !target.Network.Contains(who.address) {
			continue
		}
		if b.moderator.Admit(target.Room, who.in(target.Room), who.address) != nil {
			b.removeFromRoom(c, target.Room)
		}
	}
}

// unsubscribeBanned ends a subscription for good: clients don't try again below 2500.
var unsubscribeBanned = centrifuge.Unsubscribe{Code: 2401, Reason: "banned"}

// removeFromRoom ends a connection, or its part in the room if it is in others too.
func (b *moderationBridge) removeFromRoom(c *centrifuge.Client, room string) {
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
