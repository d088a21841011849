package cluster_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/cluster/envelope"
	"github.com/globalfandom/lightstick/chat/cluster/shared"
)

// localCooldowns are as simple as they can be.
type localCooldowns struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (l *localCooldowns) Take(_ context.Context, key string, interval time.Duration) (time.Duration, error) {
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

func (l *localCooldowns) Give(_ context.Context, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, key)
	return nil
}

// entry is a value of a set.
type entry struct{ Key, Value string }

// book is what a process knows of a shared set.
type book struct {
	*shared.Set[entry]
	by     string
	mu     sync.Mutex
	values map[string]string
}

func openBook(p cluster.TestProcess) *book {
	b := &book{by: p.NodeID(), values: map[string]string{}}
	b.Set = shared.NewSet(p.Cluster, "book", func(e entry) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.values[e.Key] = e.Value
	})
	return b
}

func (b *book) set(t *testing.T, key string, version int64, value string) {
	t.Helper()
	e := envelope.Envelope[entry]{Version: envelope.Version{Number: version, At: time.Now().UnixMicro(), By: b.by}, Key: key, Value: &entry{key, value}}
	if err := b.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func (b *book) has(t *testing.T, want map[string]string) {
	t.Helper()
	cluster.Wait(t, fmt.Sprint(want), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return maps.Equal(b.values, want)
	})
}

func TestSharedAndCooldowns(t *testing.T) {
	t.Parallel()
	redis := cluster.StartTestRedis(t)
	a, b := cluster.NewTestProcess(t, redis.URL), cluster.NewTestProcess(t, redis.URL)
	bookA, bookB := openBook(a), openBook(b)
	cooldownsA, cooldownsB := shared.NewCooldowns(a.Cluster, &localCooldowns{}), shared.NewCooldowns(b.Cluster, &localCooldowns{})
	a.Start()
	b.Start()
	a.AwaitSync()
	b.AwaitSync()

	bookA.set(t, "eve", 1, "banned")
	bookB.has(t, map[string]string{"eve": "banned"})
	bookB.set(t, "eve", 3, "forgiven")
	bookA.has(t, map[string]string{"eve": "forgiven"})

	take := func(cooldowns *shared.Cooldowns, key string, free bool) {
		t.Helper()
		got, err := cooldowns.Take(t.Context(), key, time.Minute)
		if err != nil || (got == 0) != free || got > time.Minute {
			t.Errorf("take %s: %v, %v", key, got, err)
		}
	}
	take(cooldownsA, "slow", true)
	take(cooldownsA, "slow", false)
	take(cooldownsB, "slow", false)
	take(cooldownsB, "slow", false)
	if err := cooldownsA.Give(t.Context(), "slow"); err != nil {
		t.Error(err)
	}
	take(cooldownsA, "slow", true)

	redis.Kill()                   // nothing below waits for it to come back
	bookA.set(t, "eve", 2, "late") // older than what the others know
	bookA.set(t, "mallory", 1, "banned")
	bookB.set(t, "trudy", 1, "shadow")
	take(cooldownsA, "away", true)
	take(cooldownsA, "away", false)
	take(cooldownsB, "away", true) // each for itself
	redis.Lose()
	redis.Start()
	a.AwaitSync()
	b.AwaitSync()
	bookA.has(t, map[string]string{"eve": "forgiven", "trudy": "shadow"})
	bookB.has(t, map[string]string{"eve": "banned", "mallory": "banned"})

	c := cluster.NewTestProcess(t, redis.URL)
	late := openBook(c)
	c.Start()
	late.has(t, map[string]string{"eve": "forgiven", "mallory": "banned", "trudy": "shadow"})
	bookB.set(t, "trudy", 2, "forgiven")
	late.has(t, map[string]string{"eve": "forgiven", "mallory": "banned", "trudy": "forgiven"})
}
