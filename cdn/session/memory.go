package session

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Memory is the store of one process.
type Memory struct {
	idle     time.Duration
	mu       sync.Mutex
	sessions map[string]map[string]time.Time // by session and screen: when last heard of
	swept    time.Time
}

// maxSessions bounds the sessions that are watched at once; more are not counted.
const maxSessions = 100_000

// ErrFull reports that more sessions are watched than can be counted.
var ErrFull = errors.New("session: more sessions than can be counted")

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{idle: Idle, sessions: make(map[string]map[string]time.Time), swept: time.Now()}
}

// Touch implements Store. It fails with ErrFull.
func (m *Memory) Touch(_ context.Context, session, screen string, limit int) (bool, error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	held, ok := m.sessions[session]
	if !ok {
		if len(m.sessions) >= maxSessions {
			return false, ErrFull
		}
		held = make(map[string]time.Time, 1)
		m.sessions[session] = held
	}
	m.expire(held, now)
	if _, mine := held[screen]; !mine && len(held) >= limit {
		return false, nil
	}
	held[screen] = now
	return true, nil
}

// sweep forgets the sessions that nobody watches any more, now and then.
func (m *Memory) sweep(now time.Time) {
	if now.Sub(m.swept) < m.idle {
		return
	}
	m.swept = now
	for name, held := range m.sessions {
		if m.expire(held, now); len(held) == 0 {
			delete(m.sessions, name)
		}
	}
}

func (m *Memory) expire(held map[string]time.Time, now time.Time) {
	for screen, at := range held {
		if now.Sub(at) >= m.idle {
			delete(held, screen)
		}
	}
}
