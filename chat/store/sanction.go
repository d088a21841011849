package store

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// SanctionKind is what a sanction does.
type SanctionKind string

// Kinds of sanctions.
const (
	Ban     SanctionKind = "ban"     // may neither read nor write
	Timeout SanctionKind = "timeout" // may not write for a while
	Shadow  SanctionKind = "shadow"  // sees their own messages, others don't
)

// EveryRoom is the Room of a sanction that holds everywhere.
const EveryRoom = "*"

// SanctionKey names a sanction: of several with one key only the last holds.
type SanctionKey struct {
	Room    string // or EveryRoom
	Kind    SanctionKind
	User    string       // ID, or its pseudonym after an erasure; or "" and:
	Network netip.Prefix // the addresses that it is about
}

// Sanction is what holds for a user or a network.
type Sanction struct {
	SanctionKey
	Name    string    // of the user, for lists
	Until   time.Time // zero: for ever
	Created time.Time
	By      string // ID of the moderator
	ByRole  message.Role
	Reason  string
}

// Active tells whether the sanction holds at the time.
func (s *Sanction) Active(now time.Time) bool { return s.Until.IsZero() || now.Before(s.Until) }

// About tells whether the sanction is about the user; pseudonym is Store.Pseudonym of
// their ID.
func (s *Sanction) About(user, pseudonym string) bool {
	return s.User != "" && (s.User == user || s.User == pseudonym)
}

func (k *SanctionKey) validate() error {
	switch k.Kind {
	case Ban, Timeout, Shadow:
	default:
		return fmt.Errorf("%w: %q is no kind of sanction", ErrInvalid, k.Kind)
	}
	if (k.User == "") == !k.Network.IsValid() {
		return fmt.Errorf("%w: a sanction is about a user or a network", ErrInvalid)
	}
	k.Network = k.Network.Masked() // one network, one key
	return required(field{"room", k.Room, MaxSubject}, field{"user or network", k.subject(), MaxSubject})
}

// subject is who the sanction is about, as text.
func (k *SanctionKey) subject() string {
	if k.User != "" {
		return k.User
	}
	return k.Network.String()
}

func (s *Sanction) validate() error {
	if err := s.SanctionKey.validate(); err != nil {
		return err
	}
	if s.Created.IsZero() {
		return fmt.Errorf("%w: the sanction has no time", ErrInvalid)
	}
	return fields(field{"name", s.Name, MaxName}, field{"by", s.By, MaxSubject}, field{"reason", s.Reason, MaxReason})
}

// SanctionQuery says which sanctions are wanted; its zero value wants all, which
// without a limit is the newest MaxPage.
type SanctionQuery struct {
	Room   string    // "" : any. A room's name does not include those of EveryRoom
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
