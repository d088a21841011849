package chat

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/chat/message"
)

// View is a room as operators see it.
type View struct {
	Name  string
	Stats message.Stats
	State message.Room
}

// View describes a room. The error is a *message.Refusal if there is none.
func (s *Service) View(name string) (View, error) {
	room, err := s.room(name)
	if err != nil {
		return View{}, err
	}
	return s.view(room), nil
}

// Views describes the rooms that are open in this process, by name.
func (s *Service) Views() []View {
	s.rooms.mu.RLock()
	defer s.rooms.mu.RUnlock()
	views := make([]View, 0, len(s.rooms.open))
	for _, room := range s.rooms.open {
		views = append(views, s.view(room))
	}
	slices.SortFunc(views, func(a, b View) int { return strings.Compare(a.Name, b.Name) })
	return views
}

func (s *Service) view(room *Room) View {
	v := View{Name: room.name, Stats: room.stats(), State: message.Room{Type: message.TypeRoom}}
	if s.cfg.Desk != nil {
		v.State = s.cfg.Desk.State(room.name)
	}
	return v
}

// Say publishes for somebody who isn't connected, as a bot by REST. It returns the
// message. The error wraps a *message.Refusal.
func (s *Service) Say(ctx context.Context, room string, a Author, draft []byte) (*message.Message, error) {
	r, err := s.room(room)
	if err != nil {
		return nil, err
	}
	return s.write(ctx, r, a, draft)
}

// Act does an act for somebody who isn't connected, and tells what was done. The
// error wraps a *message.Refusal.
func (s *Service) Act(ctx context.Context, room string, a Author, act []byte) (string, error) {
	r, err := s.room(room)
	if err != nil {
		return "", err
	}
	done, err := s.do(ctx, r, a, "api", act)
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
