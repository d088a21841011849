package chat

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
)

// call is what the remote calls are given, all of them together.
type call struct {
	Room   string         `json:"room"`
	Name   string         `json:"name"`
	Prefix string         `json:"prefix"`
	Text   string         `json:"text"`
	Counts map[string]int `json:"counts"`
	Poll   string         `json:"poll"`
	Option int            `json:"option"`
}

// maxUsers bounds the names that a completion gets.
const maxUsers = 8

// rpc answers a client's call.
func (s *Service) rpc(c *centrifuge.Client, e centrifuge.RPCEvent) (centrifuge.RPCReply, error) {
	answer, err := s.call(c, e)
	if err != nil {
		s.punish(c, err)
		var known *centrifuge.Error
		if errors.As(err, &known) {
			return centrifuge.RPCReply{}, known
		}
		return centrifuge.RPCReply{}, refused(err)
	}
	data, err := json.Marshal(answer)
	return centrifuge.RPCReply{Data: data}, err
}

func (s *Service) call(c *centrifuge.Client, e centrifuge.RPCEvent) (any, error) {
	var in call
	if len(e.Data) > message.MaxDraft || json.Unmarshal(e.Data, &in) != nil {
		return nil, message.Refuse(message.CodeBad, "send a JSON object")
	}
	who := sessionOf(c)
	a := Author{User: who.in(in.Room), Address: who.address, Connection: c.ID()}
	if e.Method == "name" {
		return s.rename(c, a, in.Name)
	}
	room := s.get(in.Room)
	if room == nil || !c.IsSubscribed(room.channel()) {
		return nil, message.Refuse(message.CodeNoRoom, "join the room first")
	}
	if e.Method == "react" { // has limits of its own
		_, err := s.taps.Add(room.name, c.ID(), in.Counts)
		return struct{}{}, err
	}
	if err := s.take(calls, room.name, a); err != nil {
		return nil, err
	}
	switch e.Method {
	case "users":
		return map[string]any{"users": room.authors(in.Prefix, maxUsers)}, nil
	case "act":
		return s.act(c.Context(), room, a, e.Data)
	case "command":
		return s.command(c.Context(), room, a, in.Text)
	case "vote":
		return s.vote(room, a, in.Poll, in.Option)
	}
	return nil, centrifuge.ErrorMethodNotFound
}

// rename gives a guest a name.
func (s *Service) rename(c *centrifuge.Client, a Author, name string) (any, error) {
	if a.User.Role != message.Guest {
		return nil, message.Refuse(message.CodeName, "your name comes with your account")
	}
	if err := s.take(names, "", a); err != nil {
		return nil, err
	}
	who := sessionOf(c)
	who.mu.Lock()
	ticket := who.ticket
	who.mu.Unlock()
	person, ticket, err := s.cfg.Authority.Guest(c.Context(), ticket, name)
	if err != nil {
		return nil, err
	}
	who.mu.Lock()
	who.person, who.ticket = person, ticket
	who.mu.Unlock()
	return map[string]any{"user": person.User, "guest": ticket}, nil
}

// answer is what acts and commands are answered with.
type answer struct {
	Done string          `json:"done"`
	Act  json.RawMessage `json:"act,omitempty"`
}

// command does what was typed.
func (s *Service) command(ctx context.Context, room *Room, a Author, text string) (*answer, error) {
	if s.cfg.Desk == nil {
		return nil, message.Refuse(message.CodeAct, "there are no commands here")
	}
	act, err := s.cfg.Desk.Command(text)
	if err != nil {
		return nil, err
	}
	return s.do(ctx, room, a, "command", act)
}

// act does an act given as JSON.
func (s *Service) act(ctx context.Context, room *Room, a Author, data []byte) (*answer, error) {
	return s.do(ctx, room, a, "page", data)
}

func (s *Service) do(ctx context.Context, room *Room, a Author, source string, act json.RawMessage) (*answer, error) {
	if s.cfg.Desk == nil {
		return nil, message.Refuse(message.CodeAct, "there is no moderation here")
	}
	outcome, err := s.cfg.Desk.Do(ctx, room.name, a.User, source, act)
	if err != nil {
		return nil, err
	}
	s.carryOut(room, a.User, outcome)
	return &answer{Done: outcome.Done, Act: act}, nil
}

// vote counts an answer to the room's poll.
func (s *Service) vote(room *Room, a Author, poll string, option int) (any, error) {
	if s.cfg.Desk == nil {
		return nil, message.Refuse(message.CodeAct, "there are no polls here")
	}
	outcome, err := s.cfg.Desk.Vote(room.name, a.User, a.Address, poll, option)
	if err != nil {
		return nil, err
	}
	s.carryOut(room, a.User, outcome)
	return struct{}{}, nil
}

// carryOut does on the wire what the desk decided.
func (s *Service) carryOut(room *Room, by message.User, outcome Outcome) {
	for _, event := range outcome.Events {
		if err := room.announce(event, by); err != nil {
			s.cfg.Log.Error("chat: event", "room", room.name, "err", err)
		}
	}
	for _, change := range outcome.Share {
		s.cluster.Broadcast(opChange, change)
	}
	for _, target := range outcome.Disconnect {
		s.cut(target)
		if data, err := json.Marshal(target); err == nil {
			s.cluster.Broadcast(opCut, data)
		}
	}
}

// Operations between processes.
const (
	opChange = "change" // Desk.Apply
	opCut    = "cut"    // Target
	opTally  = "tally"  // reaction.Pulser.Hear
	opDirect = "direct" // directTo
)

// notified takes what another process sent.
func (s *Service) notified(e centrifuge.NotificationEvent) {
	switch e.Op {
	case opTally:
		if err := s.pulser.Hear(e.Data); err != nil {
			s.cfg.Log.Debug("chat: another process's reactions", "err", err)
		}
	case opDirect:
		var to directTo
		if json.Unmarshal(e.Data, &to) == nil {
			s.deliver(to)
		}
	case opChange:
		if err := s.cfg.Desk.Apply(e.Data); err != nil {
			s.cfg.Log.Error("chat: another process's change", "err", err)
		}
	case opCut:
		var target Target
		if json.Unmarshal(e.Data, &target) == nil {
			s.cut(target)
		}
	}
}

// cut ends the connections of a user, or of a network, in this process.
func (s *Service) cut(target Target) {
	if target.User != "" {
		for _, c := range s.node.Hub().UserConnections(target.User) {
			go c.Disconnect(disconnectBanned)
		}
		return
	}
	for _, c := range s.node.Hub().Connections() {
		if who := sessionOf(c); who != nil && target.Network.Contains(who.address) {
			go c.Disconnect(disconnectBanned)
		}
	}
}
