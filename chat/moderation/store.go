package moderation

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Store keeps what must outlive the process. Writes with an ID that is there replace
// what is there; audit entries that are there are left.
type Store interface {
	// LoadRoom gives what SaveRoom was last given for a room; nil if nothing.
	LoadRoom(ctx context.Context, room string) ([]byte, error)
	// SaveRoom keeps a room's state, a JSON object of at most 256 KB; the revision grows
	// with each saving.
	SaveRoom(ctx context.Context, room string, state []byte, revision int64) error
	Sanctions(ctx context.Context) ([]Sanction, error)
	PutSanction(ctx context.Context, s Sanction) error
	DeleteSanction(ctx context.Context, id string) error
	AppendAudit(ctx context.Context, e Entry) error
	// Audit lists a room's entries (of every room if it is ""), the latest first, from
	// the first before the given ID on ("": from the latest).
	Audit(ctx context.Context, room, before string, limit int) ([]Entry, error)
}

// memoryAudit is how many entries MemoryStore keeps; the oldest go.
const memoryAudit = 10_000

// MemoryStore keeps things for the life of the process.
type MemoryStore struct {
	mu        sync.Mutex
	rooms     map[string][]byte
	sanctions map[string]Sanction
	audit     []Entry
}

// NewMemoryStore makes an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{rooms: map[string][]byte{}, sanctions: map[string]Sanction{}}
}

// LoadRoom implements [Store].
func (m *MemoryStore) LoadRoom(_ context.Context, room string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rooms[room], nil
}

// SaveRoom implements [Store].
func (m *MemoryStore) SaveRoom(_ context.Context, room string, state []byte, _ int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rooms[room] = slices.Clone(state)
	return nil
}

// Sanctions implements [Store].
func (m *MemoryStore) Sanctions(context.Context) ([]Sanction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Sanction, 0, len(m.sanctions))
	for _, s := range m.sanctions {
		list = append(list, s)
	}
	return list, nil
}

// PutSanction implements [Store].
func (m *MemoryStore) PutSanction(_ context.Context, s Sanction) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sanctions[s.ID] = s
	return nil
}

// DeleteSanction implements [Store].
func (m *MemoryStore) DeleteSanction(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sanctions, id)
	return nil
}

// AppendAudit implements [Store].
func (m *MemoryStore) AppendAudit(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, found := slices.BinarySearchFunc(m.audit, e, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	if !found {
		m.audit = slices.Insert(m.audit, at, e)
	}
	if len(m.audit) > memoryAudit {
		m.audit = slices.Delete(m.audit, 0, len(m.audit)-memoryAudit)
	}
	return nil
}

// Audit implements [Store].
func (m *MemoryStore) Audit(_ context.Context, room, before string, limit int) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Entry
	for _, e := range slices.Backward(m.audit) {
		if len(list) == limit {
			break
		}
		if (room == "" || e.Room == room) && (before == "" || e.ID < before) {
			list = append(list, e)
		}
	}
	return list, nil
}
