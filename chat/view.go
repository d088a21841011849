package chat

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// RoomStatus is a room as operators see it.
type RoomStatus struct {
	Name  string
	Stats message.Stats
	State message.Room
}

// View describes a room. The error is a *message.Refusal if there is none.
func (s *Service) View(ctx context.Context, name string) (RoomStatus, error) {
	room, err := s.rooms.get(name)
	if err != nil {
		return RoomStatus{}, err
	}
	return s.view(ctx, room)
}

// Views describes the rooms that are open in this process, by name.
func (s *Service) Views(ctx context.Context) ([]RoomStatus, error) {
	open := s.rooms.all()
	slices.SortFunc(open, func(a, b *Room) int { return strings.Compare(a.name, b.name) })
	views := make([]RoomStatus, 0, len(open))
	for _, room := range open {
		v, err := s.view(ctx, room)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (s *Service) view(ctx context.Context, room *Room) (RoomStatus, error) {
	state, err := s.bridge.moderator.State(ctx, room.name)
	return RoomStatus{Name: room.name, Stats: room.stats(), State: state}, err
}

// Say publishes for somebody who isn't connected, as a bot by REST. It returns the
// message. The error wraps a *message.Refusal.
func (s *Service) Say(ctx context.Context, room string, a Author, draft []byte) (*message.Message, error) {
	r, err := s.rooms.get(room)
	if err != nil {
		return nil, err
	}
	return s.writer.write(ctx, r, a, draft)
}

// Act does an action for somebody who isn't connected, and tells what was done. The
// error wraps a *message.Refusal.
func (s *Service) Act(ctx context.Context, room string, a Author, act moderation.Action) (string, error) {
	r, err := s.rooms.get(room)
	if err != nil {
		return "", err
	}
	done, err := s.bridge.execute(ctx, r, a, moderation.ViaREST, act)
	if err != nil {
		return "", err
	}
	return done.Done, nil
}

// RefusalOf finds the refusal in an error; nil: there is none.
func RefusalOf(err error) *message.Refusal {
	var refusal *message.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return nil
}
