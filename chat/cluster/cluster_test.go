package cluster

import (
	"context"
	"slices"
	"syscall"
	"testing"
)

func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a, b := startProcess(t, redis.url()), startProcess(t, redis.url())
	a.awaitSync()
	b.awaitSync()
	fanA, _ := a.join(nil)
	fanB, _ := b.join(nil)
	a.say("1")
	b.say("2")
	fanA.has("1", "2")
	fanB.has("1", "2")
	if r := a.say("2"); !r.Suppressed {
		t.Error("an ID was published again")
	}

	fanB.Close() // loses two, and finds them at the other process
	a.say("3")
	a.say("4")
	fanB, recovered := a.join(fanB)
	if !recovered {
		t.Error("not recovered")
	}
	fanB.has("1", "2", "3", "4")

	c := startProcess(t, redis.url()) // joins late
	c.awaitSync()
	c.Hold(show)
	c.Hold(show)
	wait(t, "the history of a late process", func() bool { return slices.Equal(c.kept(), []string{"1", "2", "3", "4"}) })
	c.Release(show)
	b.say("5")
	wait(t, "observed without subscribers", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.Contains(c.observed, "5")
	})
	fanA.has("5")
	fanA.once()
}

func TestRedisKilled(t *testing.T) {
	for _, tt := range []struct {
		name string
		lose bool
	}{{"with data", false}, {"empty", true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			redis := startRedis(t)
			a, b := startProcess(t, redis.url()), startProcess(t, redis.url())
			a.awaitSync()
			b.awaitSync()
			fanA, _ := a.join(nil)
			fanB, _ := b.join(nil)
			a.say("1")
			b.say("2")
			fanA.has("1", "2")
			fanB.has("1", "2")

			redis.kill()
			for _, id := range []string{"a1", "a2", "a3"} {
				a.say(id)
			}
			b.say("b1")
			fanA.has("a1", "a2", "a3")
			fanB.has("b1")
			if !a.Isolated(show) || !b.Isolated(show) {
				t.Error("not isolated")
			}
			between, _ := a.join(nil) // comes while it is away
			a.say("a4")
			between.has("a4")
			if _, recovered := b.join(fanA); recovered {
				t.Error("recovered from a position of another process")
			}
			if tt.lose {
				redis.lose()
			}
			redis.start()
			a.awaitSync()
			b.awaitSync()
			all := []string{"1", "2", "a1", "a2", "a3", "a4", "b1"}
			fanA.has(all...)
			fanB.has(all...)
			between.has("a4", "b1")
			a.say("3")
			b.say("4")
			for _, f := range []*fan{fanA, fanB, between} {
				f.has("3", "4")
			}
			for _, p := range []*process{a, b} {
				got := p.kept()
				slices.Sort(got)
				if want := []string{"1", "2", "3", "4", "a1", "a2", "a3", "a4", "b1"}; !slices.Equal(got, want) {
					t.Errorf("history is %v, want %v", got, want)
				}
				p.mu.Lock()
				if len(p.observed) != 9 {
					t.Errorf("the observer got %v", p.observed)
				}
				p.mu.Unlock()
			}
			// Whoever is up to date can move, and loses nothing.
			fanA.Close()
			b.say("5")
			var moved *fan
			wait(t, "recovered", func() (recovered bool) {
				moved, recovered = b.join(fanA)
				return recovered
			})
			moved.has(append(all, "3", "4", "5")...)
		})
	}
}

// TestPositionInBetween is a client that leaves while the processes disagree.
func TestPositionInBetween(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a, b := startProcess(t, redis.url()), startProcess(t, redis.url())
	a.awaitSync()
	b.awaitSync()
	fanA, _ := a.join(nil)
	fanB, _ := b.join(nil)
	a.say("1")
	fanA.has("1")
	fanB.has("1")
	redis.kill()
	a.say("a1")
	a.say("a2")
	b.say("b1")
	fanA.has("a1", "a2")
	fanB.has("b1")
	fanA.Close()
	fanB.Close()
	redis.start()
	a.awaitSync()
	b.awaitSync()
	moves := map[string]func() (*fan, bool){
		"a to b": func() (*fan, bool) { return b.join(fanA) }, "b to a": func() (*fan, bool) { return a.join(fanB) },
	}
	for name, join := range moves {
		if _, recovered := join(); recovered {
			t.Errorf("%s: recovered", name)
		}
	}
	// The same when all has been told, and in a process that opens the room only then.
	ungraced := func(p *process) {
		if r := p.rooms.find(show); r != nil {
			r.mu.Lock()
			r.log.EndGrace()
			r.mu.Unlock()
		}
	}
	ungraced(a)
	ungraced(b)
	c := startProcess(t, redis.url())
	c.awaitSync()
	moves["a to c"] = func() (*fan, bool) { return c.join(fanA) }
	for name, join := range moves {
		wait(t, name+" unrecoverable", func() bool {
			_, recovered := join()
			return !recovered
		})
	}
}

// TestSlowRedis stops the server without ending its connections.
func TestSlowRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a, b := newProcess(t, redis.url()), startProcess(t, redis.url())
	a.timing.publishWait = publishTimeout
	a.start()
	a.awaitSync()
	b.awaitSync()
	fanA, _ := a.join(nil)
	fanB, _ := b.join(nil)
	a.say("1")
	fanB.has("1")
	redis.signal(syscall.SIGSTOP)
	a.say("2") // returns while Redis is stopped; Redis may take it after all, when it goes on
	a.say("3")
	fanA.has("1", "2", "3")
	redis.signal(syscall.SIGCONT)
	a.awaitSync()
	b.awaitSync()
	fanB.has("1", "2", "3")
	b.say("4")
	fanA.has("4")
	fanB.has("4")
	if got := a.kept(); len(got) != 4 {
		t.Errorf("history is %v", got)
	}
}

// TestReadOnlyRedis answers, and takes nothing.
func TestReadOnlyRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a, b := startProcess(t, redis.url()), startProcess(t, redis.url())
	a.awaitSync()
	b.awaitSync()
	fanA, _ := a.join(nil)
	fanB, _ := b.join(nil)
	a.say("1")
	fanB.has("1")
	redis.command("CONFIG", "SET", "min-replicas-to-write", "1")
	for _, id := range []string{"2", "3", "4"} {
		a.say(id)
	}
	fanA.has("1", "2", "3", "4")
	redis.command("CONFIG", "SET", "min-replicas-to-write", "0")
	fanB.has("1", "2", "3", "4")
	a.awaitSync()
	b.awaitSync()
	b.say("5")
	fanA.has("5")
}

// TestStartWithoutRedis starts processes before it.
func TestStartWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	redis.kill()
	a := startProcess(t, redis.url())
	fanA, _ := a.join(nil)
	a.say("1")
	fanA.has("1")
	a.awaitIsolation()
	redis.start()
	a.awaitSync()
	b := startProcess(t, redis.url())
	b.awaitSync()
	fanB, _ := b.join(fanA) // with what the client has
	b.say("2")
	fanA.has("1", "2")
	fanB.has("1", "2")
}

// TestOtherHistory is a Redis that lost everything, in which another process has written
// since.
func TestOtherHistory(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	a := startProcess(t, redis.url())
	a.awaitSync()
	fanA, _ := a.join(nil)
	a.say("1")
	fanA.has("1")
	redis.kill()
	a.say("2")
	redis.lose()
	other := startRedis(t) // where the newcomer writes before the first is back
	b := startProcess(t, other.url())
	b.awaitSync()
	b.say("x")
	fanA.has("2")
	other.kill()
	redis.dir = other.dir
	redis.start()
	a.awaitSync()
	if got := a.kept(); !slices.Equal(got, []string{"x", "2"}) {
		t.Errorf("history is %v", got)
	}
	r := a.rooms.find(show)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log.HasUnpublished() {
		t.Error("something is unpublished still")
	}
}

func TestAlone(t *testing.T) {
	t.Parallel()
	a := startProcess(t, "")
	fanA, _ := a.join(nil)
	a.Hold(show)
	a.say("1")
	fanA.has("1")
	a.Release(show)
	if got := a.kept(); !slices.Equal(got, []string{"1"}) || a.Isolated(show) || a.Clustered() || !slices.Equal(a.observed, []string{"1"}) {
		t.Errorf("kept %v, observed %v", got, a.observed)
	}
}

// TestFirstClientsWaitForRedis is the beginning of a process: whoever waits finds it in
// step with the others, or Redis away.
func TestFirstClientsWaitForRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	for url, up := range map[string]bool{redis.url(): true, "redis://127.0.0.1:1": false} {
		p := newProcess(t, url)
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		p.AwaitTried(impatient) // returns although nothing was tried
		p.start()
		p.AwaitTried(t.Context())
		if got := p.links[0].isUp(); got != up {
			t.Errorf("%s: in step: %v, want %v", url, got, up)
		}
	}
}
