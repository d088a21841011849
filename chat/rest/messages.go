package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

// MessageView is a message as moderators see it.
type MessageView struct {
	message.Message
	Address   string     `json:"address,omitempty" doc:"Where it was written from; with the API token only"`
	Shadow    bool       `json:"shadow,omitempty" doc:"Only its author has seen it"`
	Deleted   *time.Time `json:"deleted,omitempty"`
	DeletedBy string     `json:"deleted_by,omitempty"`
}

type messagesInput struct {
	RoomInput
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Before string `query:"before" doc:"Messages before this ID, to page back"`
	User   string `query:"user" doc:"Of this user only"`
	All    bool   `query:"all" doc:"With those that were deleted, or that only their authors saw"`
}

type messagesOutput struct{ Body []MessageView }

type sayInput struct {
	RoomInput
	Body struct {
		Text  string `json:"text" minLength:"1" maxLength:"2000"`
		At    int64  `json:"at,omitempty" doc:"Program date time in ms; now, if it is missing"`
		Reply string `json:"reply,omitempty" doc:"ID of the message that it answers"`
		User  *struct {
			ID   string `json:"id" minLength:"1" maxLength:"64"`
			Name string `json:"name" minLength:"1" maxLength:"32"`
		} `json:"user,omitempty" doc:"The bot; with the API token only"`
	}
}

type sayOutput struct{ Body message.Message }

func (a *API) registerMessages(api huma.API) {
	huma.Register(api, operation("GET", "/{room}/messages", "list-chat-messages", "List a room's messages, the last ones first asked for"), a.list)
	say := operation("POST", "/{room}/messages", "write-chat-message", "Write a message, as a bot")
	say.DefaultStatus = http.StatusCreated
	huma.Register(api, say, a.say)
}

func (a *API) list(ctx context.Context, in *messagesInput) (*messagesOutput, error) {
	entries, err := a.Store.Messages(ctx, in.Room, store.Query{Limit: in.Limit, Before: in.Before, User: in.User, Deleted: in.All, Shadow: in.All})
	if err != nil {
		return nil, a.fail(err)
	}
	own := author(ctx, in.Room).User == operator
	out := &messagesOutput{Body: make([]MessageView, 0, len(entries))}
	for _, e := range entries {
		v := MessageView{Message: e.Message, Shadow: e.Shadow}
		if own && e.Address.IsValid() {
			v.Address = e.Address.String()
		}
		if e.Deleted != nil {
			v.Deleted, v.DeletedBy = &e.Deleted.At, e.Deleted.By
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}

func (a *API) say(ctx context.Context, in *sayInput) (*sayOutput, error) {
	by := author(ctx, in.Room)
	if by.User == operator {
		by.User = message.User{ID: "bot", Name: "Bot", Role: message.Moderator, Bot: true}
		if u := in.Body.User; u != nil {
			by.User.ID, by.User.Name = "bot-"+u.ID, message.Name(u.Name)
		}
	}
	draft, err := json.Marshal(message.Draft{Text: in.Body.Text, At: in.Body.At, Reply: in.Body.Reply})
	if err != nil {
		return nil, a.fail(err)
	}
	if moderation.IsCommand(in.Body.Text) {
		return nil, a.fail(message.Refuse(message.CodeAction, "send commands as acts"))
	}
	m, err := a.Rooms.Say(ctx, in.Room, by, draft)
	if err != nil {
		return nil, a.fail(err)
	}
	return &sayOutput{*m}, nil
}
