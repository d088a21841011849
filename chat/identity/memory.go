package identity

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Memory is a Store that forgets: for tests, and for a chat without a database.
type Memory struct {
	mu       sync.Mutex
	accounts map[string]Account
}

// NewMemory makes an empty Memory.
func NewMemory() *Memory { return &Memory{accounts: make(map[string]Account)} }

// Create implements Store.
func (m *Memory) Create(_ context.Context, a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(a)
}

// put needs the lock.
func (m *Memory) put(a Account) error {
	for _, other := range m.accounts {
		if other.Key == a.Key && other.ID != a.ID {
			return ErrNameTaken
		}
	}
	m.accounts[a.ID] = a
	return nil
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, id string) (Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, there := m.accounts[id]
	if !there {
		return Account{}, ErrNoAccount
	}
	return a, nil
}

// List implements Store.
func (m *Memory) List(context.Context) ([]Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Account, 0, len(m.accounts))
	for _, a := range m.accounts {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Account) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// Update implements Store.
func (m *Memory) Update(_ context.Context, a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.accounts[a.ID]; !there {
		return ErrNoAccount
	}
	return m.put(a)
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.accounts[id]; !there {
		return ErrNoAccount
	}
	delete(m.accounts, id)
	return nil
}
