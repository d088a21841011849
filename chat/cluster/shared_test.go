package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// localTicks are as simple as they can be.
type localTicks struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (l *localTicks) Take(_ context.Context, key string, interval time.Duration) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if left := time.Until(l.until[key]); left > 0 {
		return left, nil
	}
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[key] = time.Now().Add(interval)
	return 0, nil
}

func (l *localTicks) Give(_ context.Context, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, key)
	return nil
}

// book is what a process knows of a shared set.
type book struct {
	*Shared
	mu     sync.Mutex
	values map[string]string
}

func openBook(p *process) *book {
	b := &book{values: map[string]string{}}
	b.Shared = p.Shared("book", func(key string, value json.RawMessage) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.values[key] = string(value)
	})
	return b
}

func (b *book) set(t *testing.T, key string, version int64, value string) {
	t.Helper()
	if err := b.Set(t.Context(), key, version, json.RawMessage(value), time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func (b *book) has(t *testing.T, want map[string]string) {
	t.Helper()
	wait(t, fmt.Sprint(want), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return maps.Equal(b.values, want)
	})
}

func TestSharedAndTicks(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a, b := newProcess(t, redis.url()), newProcess(t, redis.url())
	bookA, bookB := openBook(a), openBook(b)
	ticksA, ticksB := a.Cooldowns(&localTicks{}), b.Cooldowns(&localTicks{})
	a.start()
	b.start()
	a.awaitSync()
	b.awaitSync()

	bookA.set(t, "eve", 1, `"banned"`)
	bookB.has(t, map[string]string{"eve": `"banned"`})
	bookB.set(t, "eve", 3, `"forgiven"`)
	bookA.has(t, map[string]string{"eve": `"forgiven"`})

	take := func(ticks *Cooldowns, key string, free bool) {
		t.Helper()
		got, err := ticks.Take(t.Context(), key, time.Minute)
		if err != nil || (got == 0) != free || got > time.Minute {
			t.Errorf("take %s: %v, %v", key, got, err)
		}
	}
	take(ticksA, "slow", true)
	take(ticksA, "slow", false)
	take(ticksB, "slow", false)
	take(ticksB, "slow", false)
	if err := ticksA.Give(t.Context(), "slow"); err != nil {
		t.Error(err)
	}
	take(ticksA, "slow", true)

	redis.kill()                     // nothing below waits for it to come back
	bookA.set(t, "eve", 2, `"late"`) // older than what the others know
	bookA.set(t, "mallory", 1, `"banned"`)
	bookB.set(t, "trudy", 1, `"shadow"`)
	take(ticksA, "away", true)
	take(ticksA, "away", false)
	take(ticksB, "away", true) // each for itself
	redis.lose()
	redis.start()
	a.awaitSync()
	b.awaitSync()
	bookA.has(t, map[string]string{"eve": `"forgiven"`, "trudy": `"shadow"`})
	bookB.has(t, map[string]string{"eve": `"banned"`, "mallory": `"banned"`})

	c := newProcess(t, redis.url())
	late := openBook(c)
	c.start()
	late.has(t, map[string]string{"eve": `"forgiven"`, "mallory": `"banned"`, "trudy": `"shadow"`})
	if err := bookB.Delete(t.Context(), "trudy"); err != nil {
		t.Error(err)
	}
	late.has(t, map[string]string{"eve": `"forgiven"`, "mallory": `"banned"`, "trudy": `null`})
}

func TestSharedLimits(t *testing.T) {
	a := newProcess(t, "")
	s := a.Shared("book", func(string, json.RawMessage) { t.Error("applied one's own") })
	for _, tt := range []struct{ key, value string }{
		{"k", "{"}, {"k", `"` + strings.Repeat("x", maxValue) + `"`}, {strings.Repeat("k", maxKey+1), "1"},
	} {
		if err := s.Set(t.Context(), tt.key, 1, json.RawMessage(tt.value), time.Time{}); !errors.Is(err, ErrShared) {
			t.Errorf("%.10s: %v", tt.value, err)
		}
	}
	if err := s.Set(t.Context(), "k", 1, json.RawMessage("1"), time.Time{}); err != nil {
		t.Error(err)
	}
	s.takeChange("k", change{Version: 1, At: 1, Value: json.RawMessage("2")})                                             // older
	s.takeChange("over", change{Version: 9, At: 1, Until: 1, Value: json.RawMessage("2")})                                // over
	s.takeChange("gone", change{Version: 9, At: time.Now().Add(-2 * buried).UnixMicro(), Value: json.RawMessage("null")}) // long ago
}
