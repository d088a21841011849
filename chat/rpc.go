package chat

import (
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
func (cs *clients) rpc(c *centrifuge.Client, e centrifuge.RPCEvent) (centrifuge.RPCReply, error) {
	answer, err := cs.call(c, e)
	if err != nil {
		cs.punish(c, err)
		var known *centrifuge.Error
		if errors.As(err, &known) {
			return centrifuge.RPCReply{}, known
		}
		return centrifuge.RPCReply{}, refused(err)
	}
	data, err := json.Marshal(answer)
	return centrifuge.RPCReply{Data: data}, err
}

func (cs *clients) call(c *centrifuge.Client, e centrifuge.RPCEvent) (any, error) {
	var in call
	if len(e.Data) > message.MaxDraft || json.Unmarshal(e.Data, &in) != nil {
		return nil, message.Refuse(message.CodeBad, "send a JSON object")
	}
	a, err := cs.author(c, in.Room)
	if err != nil {
		return nil, err
	}
	if e.Method == "name" {
		return cs.rename(c, a, in.Name)
	}
	room := cs.rooms.find(in.Room)
	if room == nil || !sessionOf(c).is(room.name) {
		return nil, message.Refuse(message.CodeNoRoom, "join the room first")
	}
	if e.Method == "react" { // has limits of its own
		_, err := cs.taps.Add(room.name, c.ID(), in.Counts)
		cs.aggregator.Wake()
		return struct{}{}, err
	}
	if err := cs.writer.take(calls, room.name, a); err != nil {
		return nil, err
	}
	switch e.Method {
	case "users":
		return map[string]any{"users": room.authors(in.Prefix, maxUsers)}, nil
	case "act":
		return cs.bridge.runAction(c.Context(), room, a, e.Data)
	case "command":
		return cs.bridge.runCommand(c.Context(), room, a, in.Text)
	case "vote":
		return struct{}{}, cs.moderator.Vote(c.Context(), room.name, in.Poll, a.User, a.Address, in.Option)
	}
	return nil, centrifuge.ErrorMethodNotFound
}
