package store

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/chat/moderation"
)

// validateSanctionID fails unless the sanction can have an ID. It makes one network of
// all of its ways of writing.
func validateSanctionID(s *moderation.Sanction) error {
	switch s.Kind {
	case moderation.Ban, moderation.Timeout, moderation.Shadow:
	default:
		return fmt.Errorf("%w: %q is no kind of sanction", ErrInvalid, s.Kind)
	}
	if (s.User == "") == !s.Network.IsValid() {
		return fmt.Errorf("%w: a sanction is about a user or a network", ErrInvalid)
	}
	s.Network = s.Network.Masked()
	if err := (field{"user", s.User, MaxSubject}).validate(); err != nil {
		return err
	}
	return required(field{"room", s.Room, MaxSubject})
}

func validateSanction(s *moderation.Sanction) error {
	if err := validateSanctionID(s); err != nil {
		return err
	}
	if s.At <= 0 {
		return fmt.Errorf("%w: the sanction has no time", ErrInvalid)
	}
	return fields(field{"name", s.Name, MaxName}, field{"by", s.By.ID, MaxSubject}, field{"reason", s.Reason, MaxReason})
}

// SanctionQuery says which sanctions are wanted; its zero value wants all, which
// without a limit is the newest MaxPage.
type SanctionQuery struct {
	Room   string    // "" : any. A room's name does not include those of moderation.AllRooms
	User   string    // "": any; finds sanctions under their pseudonym too
	Active time.Time // those that hold at the time; zero: ended ones too
	Offset int       // how many to pass over
	Limit  int       // 0: MaxPage
}

func (q *SanctionQuery) validate() error {
	if q.Offset < 0 {
		return fmt.Errorf("%w: offset is %d", ErrInvalid, q.Offset)
	}
	if err := limit(&q.Limit, MaxPage); err != nil {
		return err
	}
	return fields(field{"room", q.Room, MaxSubject}, field{"user", q.User, MaxSubject})
}
