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

// CreateAccount implements Store.
func (m *Memory) CreateAccount(_ context.Context, a Account) error {
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

// Account implements Store.
func (m *Memory) Account(_ context.Context, id string) (Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, there := m.accounts[id]
	if !there {
		return Account{}, ErrNoAccount
	}
	return a, nil
}

// Accounts implements Store.
func (m *Memory) Accounts(_ context.Context, after string, limit int) ([]Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Account
	for _, a := range m.accounts {
		if a.ID > after {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))], nil
}

// UpdateAccount implements Store.
func (m *Memory) UpdateAccount(_ context.Context, a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, there := m.accounts[a.ID]
	if !there {
		return ErrNoAccount
	}
	a.Created = before.Created
	return m.put(a)
}

// DeleteAccount implements Store.
func (m *Memory) DeleteAccount(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.accounts[id]; !there {
		return ErrNoAccount
	}
	delete(m.accounts, id)
	return nil
}
