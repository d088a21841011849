package rest

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// RoomView is a room as the API shows it.
type RoomView struct {
	Room    string       `json:"room" doc:"The stream's ID"`
	Viewers int          `json:"viewers" doc:"Connections in the room, of all servers"`
	Rate    float64      `json:"rate" doc:"Messages a second that are written"`
	Shown   float64      `json:"shown" doc:"Share of them that everybody is sent"`
	State   message.Room `json:"state" doc:"Slow mode, pinned message, poll and so on"`
}

func viewOf(v chat.RoomStatus) RoomView {
	return RoomView{Room: v.Name, Viewers: v.Stats.Viewers, Rate: v.Stats.Rate, Shown: v.Stats.Shown, State: v.State}
}

// RoomInput names the room.
type RoomInput struct {
	Room string `path:"room" doc:"The stream's ID"`
}

type roomsOutput struct{ Body []RoomView }

type roomOutput struct{ Body RoomView }

type actInput struct {
	RoomInput
	Body moderation.Action
}

type doneOutput struct {
	Body struct {
		Done string `json:"done" doc:"What was done, in words"`
	}
}

func (a *API) registerRooms(api huma.API) {
	huma.Register(api, operation("GET", "", "list-chat-rooms", "List the rooms that are open"),
		func(ctx context.Context, _ *struct{}) (*roomsOutput, error) {
			views, err := a.Rooms.Views(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			out := &roomsOutput{Body: make([]RoomView, 0, len(views))}
			for _, v := range views {
				out.Body = append(out.Body, viewOf(v))
			}
			return out, nil
		})
	huma.Register(api, operation("GET", "/{room}", "get-chat-room", "Show a room"),
		func(ctx context.Context, in *RoomInput) (*roomOutput, error) {
			v, err := a.Rooms.View(ctx, in.Room)
			if err != nil {
				return nil, a.fail(err)
			}
			return &roomOutput{viewOf(v)}, nil
		})
	huma.Register(api, operation("POST", "/{room}/acts", "act-in-chat-room", "Moderate: delete, time out, ban, slow down, pin, poll and so on"),
		func(ctx context.Context, in *actInput) (*doneOutput, error) {
			done, err := a.Rooms.Act(ctx, in.Room, author(ctx, in.Room), in.Body)
			if err != nil {
				return nil, a.fail(err)
			}
			out := &doneOutput{}
			out.Body.Done = done
			return out, nil
		})
}
