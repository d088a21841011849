package chat

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"golang.org/x/time/rate"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/reaction"
	"github.com/globalfandom/lightstick/chat/socket"
)

// How connections end. From 4500 on clients don't come back by themselves.
var (
	disconnectSignIn  = centrifuge.Disconnect{Code: 4500, Reason: "sign in to read"}
	disconnectBanned  = centrifuge.Disconnect{Code: 4501, Reason: "banned"}
	disconnectFlood   = centrifuge.Disconnect{Code: 4102, Reason: "too many refused requests"}
	disconnectRequest = centrifuge.Disconnect{Code: 4503, Reason: "connect data can't be read"}
)

// disconnectToken ends the connection of a client whose token is not taken, and says why.
// The error is identity's, which is for clients: it holds nothing of the token.
func disconnectToken(why error) centrifuge.Disconnect {
	return centrifuge.Disconnect{Code: 4502, Reason: why.Error()}
}

// errorUnavailable is centrifuge.ErrorTooManyRequests, at which clients try again, with
// the true reason.
var errorUnavailable = &centrifuge.Error{Code: centrifuge.ErrorTooManyRequests.Code, Message: identity.ErrUnavailable.Error() + "; try again", Temporary: true}

// clients serves the connections of a process.
type clients struct {
	cfg        *Config
	node       *centrifuge.Node
	cluster    *cluster.Cluster
	rooms      *rooms
	writer     *writer
	moderator  *moderation.Moderator
	bridge     *moderationBridge
	fanout     *socket.Fanout
	taps       *reaction.Counter
	aggregator *reaction.Aggregator
	// refusedTokens bounds what anybody can write to the log.
	refusedTokens *rate.Limiter
}

// How many refused tokens are logged: in a second, for long, and at once.
const (
	refusedTokensRate  = 1
	refusedTokensBurst = 10
)

// session is who a connection belongs to.
type session struct {
	address netip.Addr

	mu     sync.Mutex
	person identity.Identity
	ticket string          // of a guest
	rooms  map[string]bool // that the client is in
}

// is tells whether the client is in the room. The library says so a moment later than it tells
// the client, who may go on at once.
func (s *session) is(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room]
}

// inRoom tells whether they are in the room, and in how many.
func (s *session) inRoom(room string) (in bool, rooms int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room], len(s.rooms)
}

func (s *session) join(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms == nil {
		s.rooms = make(map[string]bool, 1)
	}
	s.rooms[room] = true
}

func (s *session) leave(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, room)
}

func (s *session) in(room string) message.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.person.In(room)
}

type contextKey int

const (
	peerKey contextKey = iota
	sessionKey
)

// firstTry is how long the first clients wait for the other processes.
const firstTry = 2 * time.Second

// withPeer remembers the client's address for onConnecting. The client finds the node
// running, and Redis asked.
func (cs *clients) withPeer(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cs.rooms.startNode()
		ctx, cancel := context.WithTimeout(r.Context(), firstTry)
		cs.cluster.AwaitTried(ctx)
		cancel()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), peerKey, cs.cfg.Address(r))))
	})
}

func sessionOf(c *centrifuge.Client) *session {
	s, _ := c.Context().Value(sessionKey).(*session)
	return s
}

// hello is what a client says of itself when it connects without a token.
type hello struct {
	Name  string `json:"name"`
	Guest string `json:"guest"`
}

// welcome is the data of the connect reply.
type welcome struct {
	User   message.User `json:"user"`
	Guest  string       `json:"guest,omitempty"` // ticket to come with the next time
	Now    int64        `json:"now"`
	Write  bool         `json:"write"`
	Guests Guests       `json:"guests"`
	Login  bool         `json:"login"`
}

// onConnecting finds out who it is.
func (cs *clients) onConnecting(ctx context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	address, _ := ctx.Value(peerKey).(netip.Addr)
	person, ticket, err := cs.identify(ctx, e)
	if err != nil {
		return centrifuge.ConnectReply{}, err
	}
	if err := cs.moderator.Admit(moderation.AllRooms, person.User, address); err != nil {
		return centrifuge.ConnectReply{}, disconnectBanned
	}
	data, err := json.Marshal(welcome{
		User: person.User, Guest: ticket, Now: time.Now().UnixMilli(), Write: cs.writer.mayWrite(person.User),
		Guests: cs.cfg.Guests, Login: cs.cfg.Login != nil && cs.cfg.Login(),
	})
	if err != nil {
		return centrifuge.ConnectReply{}, err
	}
	reply := centrifuge.ConnectReply{
		Context:     context.WithValue(ctx, sessionKey, &session{address: address, person: person, ticket: ticket}),
		Credentials: &centrifuge.Credentials{UserID: person.User.ID},
		Data:        data,
	}
	if !person.Expires.IsZero() {
		reply.Credentials.ExpireAt, reply.ClientSideRefresh = person.Expires.Unix(), true
	}
	socket.Tune(&reply)
	return reply, nil
}

// identify finds the person; the error is one of centrifuge'cs.
func (cs *clients) identify(ctx context.Context, e centrifuge.ConnectEvent) (identity.Identity, string, error) {
	if e.Token != "" {
		person, err := cs.cfg.Authority.Token(ctx, e.Token)
		return person, "", cs.tokenError(err)
	}
	if cs.cfg.Guests == GuestsOff {
		return identity.Identity{}, "", disconnectSignIn
	}
	var h hello
	if len(e.Data) > message.MaxDraft || len(e.Data) > 0 && json.Unmarshal(e.Data, &h) != nil {
		return identity.Identity{}, "", disconnectRequest
	}
	person, ticket := cs.guest(ctx, h)
	return person, ticket, nil
}

// tokenError tells the client why a token was not taken and what to do, and the log why.
func (cs *clients) tokenError(err error) error {
	if err == nil {
		return nil
	}
	if cs.refusedTokens.Allow() {
		cs.cfg.Log.Info("a chat token was refused", "err", err)
	}
	switch {
	case errors.Is(err, identity.ErrExpired):
		return centrifuge.ErrorTokenExpired // it fetches a new one
	case errors.Is(err, identity.ErrUnavailable):
		return errorUnavailable
	}
	return disconnectToken(err)
}

// onConnect says what the client may do.
func (cs *clients) onConnect(c *centrifuge.Client) {
	c.OnSubscribe(func(e centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
		reply, err := cs.subscribe(c, e)
		if err != nil {
			done(reply, err)
			return
		}
		if !cs.fanout.Join(c, e.Channel, func() { done(reply, nil) }) {
			left(c, e.Channel)
		}
		cs.aggregator.Wake()
	})
	c.OnUnsubscribe(func(e centrifuge.UnsubscribeEvent) {
		if cs.fanout.Leave(c, e.Channel) {
			left(c, e.Channel)
		}
	})
	c.OnPublish(func(e centrifuge.PublishEvent, done centrifuge.PublishCallback) { done(cs.publish(c, e)) })
	c.OnHistory(func(e centrifuge.HistoryEvent, done centrifuge.HistoryCallback) { done(cs.history(c, e)) })
	c.OnRPC(func(e centrifuge.RPCEvent, done centrifuge.RPCCallback) { done(cs.rpc(c, e)) })
	c.OnRefresh(func(e centrifuge.RefreshEvent, done centrifuge.RefreshCallback) { done(cs.refresh(c, e)) })
}

// left notes that a client is no longer in a room.
func left(c *centrifuge.Client, channel string) {
	if name, reactions, ok := roomOf(channel); ok && !reactions {
		sessionOf(c).leave(name)
	}
}

// refresh takes a new token of the same person.
func (cs *clients) refresh(c *centrifuge.Client, e centrifuge.RefreshEvent) (centrifuge.RefreshReply, error) {
	who := sessionOf(c)
	who.mu.Lock()
	before := who.person
	who.mu.Unlock()
	person, err := cs.cfg.Authority.Refresh(c.Context(), before, e.Token)
	if err != nil {
		return centrifuge.RefreshReply{}, cs.tokenError(err)
	}
	who.mu.Lock()
	who.person = person
	who.mu.Unlock()
	return centrifuge.RefreshReply{ExpireAt: person.Expires.Unix()}, nil
}

// place is the data of the subscribe reply.
type place struct {
	Room   message.Room      `json:"room"`
	Emotes map[string]string `json:"emotes,omitempty"`
	You    rights            `json:"you"`
}

type rights struct {
	Write    bool `json:"write"`
	Moderate bool `json:"moderate"`
}

func (cs *clients) subscribe(c *centrifuge.Client, e centrifuge.SubscribeEvent) (centrifuge.SubscribeReply, error) {
	name, reactions, ok := roomOf(e.Channel)
	if !ok {
		return centrifuge.SubscribeReply{}, centrifuge.ErrorUnknownChannel
	}
	if err := cs.takeRead(c); err != nil {
		return centrifuge.SubscribeReply{}, err
	}
	room, err := cs.rooms.get(name)
	if err != nil {
		return centrifuge.SubscribeReply{}, refused(err)
	}
	who := sessionOf(c)
	if err := cs.enter(who, name, e.Data); err != nil {
		return centrifuge.SubscribeReply{}, refused(err)
	}
	user := who.in(name)
	if err := cs.moderator.Admit(name, user, who.address); err != nil {
		return centrifuge.SubscribeReply{}, refused(err)
	}
	if reactions {
		return centrifuge.SubscribeReply{}, nil
	}
	state, err := cs.moderator.State(c.Context(), name)
	if err != nil {
		return centrifuge.SubscribeReply{}, refused(err)
	}
	data, err := json.Marshal(place{Room: state, Emotes: cs.cfg.Emotes, You: rights{Write: cs.writer.mayWrite(user), Moderate: user.Role.Moderates()}})
	if err != nil {
		return centrifuge.SubscribeReply{}, err
	}
	room.touch()
	who.join(name)
	return centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnableRecovery: true, EnablePositioning: true, Data: data}}, nil
}

// enter asks for a playback ticket where a stream is not for everybody. The error is a
// *message.Refusal.
func (cs *clients) enter(who *session, room string, data []byte) error {
	if cs.cfg.Enter == nil {
		return nil
	}
	who.mu.Lock()
	person := who.person
	who.mu.Unlock()
	if person.In(room).Role.Moderates() || slices.Contains(person.Rooms, room) {
		return nil
	}
	var with struct {
		Ticket string `json:"ticket"`
	}
	if len(data) > message.MaxDraft || len(data) > 0 && json.Unmarshal(data, &with) != nil {
		return message.Refuse(message.CodeBad, "the data can't be read")
	}
	if err := cs.cfg.Enter(room, with.Ticket, who.address); err != nil {
		return message.Refuse(message.CodeMayNot, "this room needs a ticket: %v", err)
	}
	return nil
}

// history is the room's last messages; for those that were taken away, their deletions.
func (cs *clients) history(c *centrifuge.Client, e centrifuge.HistoryEvent) (centrifuge.HistoryReply, error) {
	name, reactions, ok := roomOf(e.Channel)
	room := cs.rooms.find(name)
	if !ok || reactions || room == nil || !sessionOf(c).is(name) {
		return centrifuge.HistoryReply{}, centrifuge.ErrorPermissionDenied
	}
	if err := cs.takeRead(c); err != nil {
		return centrifuge.HistoryReply{}, err
	}
	filter := e.Filter
	if filter.Limit < 0 || filter.Limit > historySize {
		filter.Limit = historySize
	}
	result, err := cs.node.History(e.Channel, centrifuge.WithHistoryFilter(filter))
	if err != nil {
		return centrifuge.HistoryReply{}, err
	}
	return centrifuge.HistoryReply{Result: &result}, nil
}
