package moderation

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/globalfandom/lightstick/chat/message"
)

// MaxSanctions is how many the index holds, those lifted lately included.
const MaxSanctions = 100_000

// remembered is for how long a lifted sanction is kept: an older version of it that
// comes late from another process must not bring it back.
const remembered = int64(3600_000) // ms

// errIndexFull reports that no more sanctions fit; some must be lifted or run out.
var errIndexFull = errors.New("moderation: the index of sanctions is full")

// SanctionIndex holds the sanctions of all rooms. Looking one up takes one map access for a
// user, and one for each length of prefix in use for an address.
type SanctionIndex struct {
	mu       sync.RWMutex
	byID     map[string]*Sanction
	users    map[string][]*Sanction
	networks map[netip.Prefix][]*Sanction
	lengths  map[netLength]int
	size     int
	// pseudonym is what stands for a user's ID after the erasure of their data; nil: nothing.
	pseudonym func(user string) string
}

type netLength struct {
	ipv6 bool
	bits int
}

// NewSanctionIndex makes an empty index.
func NewSanctionIndex() *SanctionIndex { return newSanctionIndex(MaxSanctions) }

func newSanctionIndex(size int) *SanctionIndex {
	return &SanctionIndex{
		byID: map[string]*Sanction{}, users: map[string][]*Sanction{}, networks: map[netip.Prefix][]*Sanction{},
		lengths: map[netLength]int{}, size: size,
	}
}

// ActiveSanctions are the sanctions that bind somebody, by kind; nil: none.
type ActiveSanctions struct{ Ban, Timeout, Shadow *Sanction }

// Find looks up what binds a user at an address in a room. Of several, the one that
// lasts longest counts. The sanctions must not be changed.
func (b *SanctionIndex) Find(room string, user message.User, addr netip.Addr, now int64) ActiveSanctions {
	var holds ActiveSanctions
	addr = addr.Unmap().WithZone("")
	pseudonym := ""
	if b.pseudonym != nil {
		pseudonym = b.pseudonym(user.ID)
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, id := range [...]string{user.ID, pseudonym} {
		for _, s := range b.users[id] { // nobody is ""
			holds.add(s, room, user.Role, now)
		}
	}
	if !addr.IsValid() {
		return holds
	}
	for length := range b.lengths {
		if length.ipv6 == addr.Is6() {
			prefix, _ := addr.Prefix(length.bits)
			for _, s := range b.networks[prefix] {
				holds.add(s, room, user.Role, now)
			}
		}
	}
	return holds
}

func (h *ActiveSanctions) add(s *Sanction, room string, role message.Role, now int64) {
	if s.Room != room && s.Room != AllRooms || s.over(now) || !s.binds(role) {
		return
	}
	var field **Sanction
	switch s.Kind {
	case Ban:
		field = &h.Ban
	case Timeout:
		field = &h.Timeout
	case Shadow:
		field = &h.Shadow
	default:
		return
	}
	if have := *field; have == nil || s.Until == 0 || have.Until != 0 && s.Until > have.Until {
		*field = s
	}
}

// Get finds a sanction that holds, or held lately.
func (b *SanctionIndex) Get(id string) (Sanction, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if s := b.byID[id]; s != nil {
		return *s, true
	}
	return Sanction{}, false
}

// Put enters a sanction, or that it was lifted, unless the index has a later version;
// then, false. The error is errIndexFull.
func (b *SanctionIndex) Put(s Sanction) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.byID[s.ID]
	if old != nil && !s.version().After(old.version()) {
		return false, nil
	}
	if old == nil && len(b.byID) >= b.size {
		return false, errIndexFull
	}
	if old != nil {
		b.unlink(old)
	}
	b.link(&s)
	return true, nil
}

// link enters a sanction into what Find looks into. mu is held, as for unlink.
func (b *SanctionIndex) link(s *Sanction) {
	b.byID[s.ID] = s
	switch {
	case s.Removed:
	case s.User != "":
		b.users[s.User] = append(b.users[s.User], s)
	default:
		b.networks[s.Network] = append(b.networks[s.Network], s)
		b.lengths[lengthOf(s.Network)]++
	}
}

func lengthOf(p netip.Prefix) netLength { return netLength{p.Addr().Is6(), p.Bits()} }

// unlink takes a sanction out of what Find looks into.
func (b *SanctionIndex) unlink(s *Sanction) {
	delete(b.byID, s.ID)
	if s.Removed {
		return
	}
	same := func(other *Sanction) bool { return other == s }
	if s.User != "" {
		if b.users[s.User] = slices.DeleteFunc(b.users[s.User], same); len(b.users[s.User]) == 0 {
			delete(b.users, s.User)
		}
		return
	}
	if b.networks[s.Network] = slices.DeleteFunc(b.networks[s.Network], same); len(b.networks[s.Network]) == 0 {
		delete(b.networks, s.Network)
	}
	if b.lengths[lengthOf(s.Network)]--; b.lengths[lengthOf(s.Network)] == 0 {
		delete(b.lengths, lengthOf(s.Network))
	}
}

// Sweep takes out what has run out or was lifted an hour ago, and gives the IDs.
func (b *SanctionIndex) Sweep(now int64) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for id, s := range b.byID {
		if s.Removed && s.At+remembered < now || !s.Removed && s.Until != 0 && s.Until+remembered < now {
			b.unlink(s)
			ids = append(ids, id)
		}
	}
	return ids
}

// Page lists the sanctions that hold, of one room and of all rooms, or of every room if
// room is "", ordered by ID, from the first after the given ID on.
func (b *SanctionIndex) Page(room, after string, limit int, now int64) []Sanction {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []*Sanction
	for _, s := range b.byID {
		if s.ID > after && !s.over(now) && (room == "" || s.Room == room || s.Room == AllRooms) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Sanction) int { return strings.Compare(a.ID, b.ID) })
	page := make([]Sanction, 0, min(limit, len(list)))
	for _, s := range list[:min(limit, len(list))] {
		page = append(page, *s)
	}
	return page
}

// All gives everything, lifted sanctions included, for another process.
func (b *SanctionIndex) All() []Sanction {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]Sanction, 0, len(b.byID))
	for _, s := range b.byID {
		all = append(all, *s)
	}
	return all
}
