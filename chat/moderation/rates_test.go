package moderation

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestSlowMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		must(t, d, host, "/slow 10")
		passes(t, d, fan, "one")
		passes(t, d, fan3, "somebody else")
		passes(t, d, mod, "one")
		passes(t, d, mod, "two")
		time.Sleep(4 * time.Second)
		_, err := check(t, d, fan, "two")
		if r := refused(t, err, message.CodeTooFast); r.Retry != 6*time.Second {
			t.Errorf("retry after %v", r.Retry)
		}
		time.Sleep(6 * time.Second)
		passes(t, d, fan, "two")
		must(t, d, host, "/slow off")
		passes(t, d, fan, "three")
	})
}

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		passes(t, d, fan, "buy my album")
		_, err := check(t, d, fan, "BUY  my album!!!")
		if r := refused(t, err, message.CodeFiltered); r.Retry != 30*time.Second {
			t.Errorf("retry after %v", r.Retry)
		}
		passes(t, d, fan3, "buy my album")
		for range 3 { // what is said again and again
			passes(t, d, fan, "ㅋㅋㅋㅋㅋ")
			passes(t, d, fan, "💜💜💜")
			passes(t, d, fan, ":lightstick: :lightstick:")
			passes(t, d, fan, "yes")
		}
		time.Sleep(30 * time.Second)
		passes(t, d, fan, "buy my album")
	})
}

func TestARefusedMessageCanBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		must(t, d, host, "/slow 60")
		for range 2 {
			// The same text is refused as a repeat, which gives its tick in slow mode back.
			passes(t, d, fan, "first of all")
			time.Sleep(60 * time.Second)
		}
		passes(t, d, fan, "second, hello")
		time.Sleep(10 * time.Second)
		_, err := check(t, d, fan, "third, hello")
		refused(t, err, message.CodeTooFast)
		time.Sleep(50 * time.Second)
		passes(t, d, fan, "third, hello")
	})
}

func TestFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{FloodUsers: 5, FloodWindow: 10 * time.Second})
		write := func(i int, text string) error {
			_, err := check(t, d, message.User{ID: fmt.Sprint("bot", i), Role: message.Member}, text)
			return err
		}
		for i := range 5 {
			if err := write(i, "free tickets at my page, hurry"); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, write(6, "FREE tickets at my page -- hurry"), message.CodeTooFast)
		for i := range 50 { // what a whole room says at once
			if err := write(100+i, "사랑해요 ❤️"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Second) // two windows
		if err := write(7, "free tickets at my page, hurry"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFloodsByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for users, want := range map[int]int{0: 100, 3: 3, -1: 1000} {
			d := newModerator(t, Config{FloodUsers: users})
			write := func(i int) error {
				_, err := check(t, d, message.User{ID: fmt.Sprint("bot", i), Role: message.Member}, "free tickets at my page, hurry")
				return err
			}
			for i := range want {
				if err := write(i); err != nil {
					t.Fatalf("%d of %d users: %v", i, users, err)
				}
			}
			if users < 0 {
				continue
			}
			if r := refused(t, write(want), message.CodeTooFast); r.Retry != 10*time.Second {
				t.Errorf("retry after %v", r.Retry)
			}
			time.Sleep(10 * time.Second) // who writes on within the next window is still part of it
			refused(t, write(want), message.CodeTooFast)
		}
	})
}

// One who repeats themselves, where that is allowed, is no crowd.
func TestRepeatsAreNoFlood(t *testing.T) {
	d := newModerator(t, Config{RepeatAfter: -1, FloodUsers: 2})
	for range 5 {
		passes(t, d, fan, "free tickets at my page, hurry")
	}
	passes(t, d, fan3, "free tickets at my page, hurry")
	_, err := check(t, d, fan2, "free tickets at my page, hurry")
	refused(t, err, message.CodeTooFast)
}

func TestSanctionsRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		d := newModerator(t, Config{Store: store})
		must(t, d, mod, "/timeout u1 60 be kind")
		_, err := check(t, d, fan, "hello")
		if r := refused(t, err, message.CodeTimeout); r.Retry != time.Minute || r.Reason != "you may not write for a while: be kind" {
			t.Errorf("%+v", r)
		}
		must(t, d, mod, "/ban u2")
		_, err = check(t, d, fan2, "hello")
		if r := refused(t, err, message.CodeBanned); r.Retry != 0 || r.Reason != "you are banned here" {
			t.Errorf("%+v", r)
		}
		must(t, d, mod, "/unban u2")
		if list, _ := store.Sanctions(t.Context()); len(list) != 1 {
			t.Errorf("what was lifted is kept: %+v", list)
		}
		must(t, d, mod, "/shadow u3 60")
		if v, err := check(t, d, fan3, "hello"); err != nil || !v.Shadow {
			t.Errorf("%+v, %v", v, err)
		}
		time.Sleep(time.Minute)
		passes(t, d, fan, "hello")
		passes(t, d, fan3, "hello there")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(2 * time.Hour)
		if list, _ := store.Sanctions(ctx); len(list) != 0 || len(d.index.All()) != 0 {
			t.Errorf("still there: %+v", list)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// deadCooldowns never answer.
type deadCooldowns struct{}

func (deadCooldowns) Take(context.Context, string, time.Duration) (time.Duration, error) {
	return 0, errors.New("connection refused")
}
func (deadCooldowns) Give(context.Context, string) error { return errors.New("connection refused") }

func TestSlowModeHoldsWithoutSharedCooldowns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{Cooldowns: deadCooldowns{}})
		must(t, d, host, "/slow 10")
		passes(t, d, fan, "one")
		_, err := check(t, d, fan, "two")
		refused(t, err, message.CodeTooFast)
		time.Sleep(10 * time.Second)
		passes(t, d, fan, "two")
	})
}

func TestSlowModeHoldsInAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := NewMemoryCooldowns()
		a, b := newModerator(t, Config{Cooldowns: shared}), newModerator(t, Config{Cooldowns: shared})
		for _, d := range []*Moderator{a, b} {
			must(t, d, host, "/slow 10")
		}
		passes(t, a, fan, "one")
		_, err := check(t, b, fan, "two")
		refused(t, err, message.CodeTooFast)
		time.Sleep(10 * time.Second)
		passes(t, b, fan, "two")
	})
}

func TestMemoryCooldownsAreBounded(t *testing.T) {
	ticks := NewMemoryCooldowns()
	s := &ticks.shards[0]
	for i := range shardTicks {
		s.until[fmt.Sprint("key", i)] = time.Now().Add(time.Hour)
	}
	for taken, i := 0, 0; taken < 10; i++ {
		if key := fmt.Sprint("another", i); ticks.shard(key) == s {
			if wait, err := ticks.Take(t.Context(), key, time.Hour); wait != 0 || err != nil {
				t.Fatal(wait, err)
			}
			taken++
		}
	}
	if len(s.until) > shardTicks {
		t.Errorf("%d keys", len(s.until))
	}
}

// Keys that have run out make room for new ones: none that is taken is lost for them.
func TestMemoryCooldownsForgetWhatHasRunOut(t *testing.T) {
	begun := time.Now()
	for name, keys := range map[string]int{"a full shard": shardTicks, "a quiet one": 100} {
		s := cooldownShard{until: map[string]time.Time{"taken": begun.Add(time.Hour)}, swept: begun}
		for i := range keys - 1 {
			s.until[fmt.Sprint(i)] = begun.Add(time.Second)
		}
		s.makeRoom(begun.Add(11 * time.Second))
		if _, taken := s.until["taken"]; !taken || len(s.until) != 1 {
			t.Errorf("%s: %d keys, that which is taken among them: %v", name, len(s.until), taken)
		}
	}
}

func TestADraftCanBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		must(t, d, host, "/slow 10")
		write := func(text, nonce string) error {
			_, err := d.Check(t.Context(), Attempt{Room: "stage", User: fan, Text: text, Nonce: nonce})
			return err
		}
		for range 2 { // the answer was lost, and they send it again
			if err := write("hello there", "n1"); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, write("another thing", "n1"), message.CodeTooFast)
		refused(t, write("hello there", "n2"), message.CodeTooFast)
		time.Sleep(10 * time.Second)
		refused(t, write("hello there", "n2"), message.CodeFiltered)
		must(t, d, host, "/timeout u1 60")
		refused(t, write("hello there", "n1"), message.CodeTimeout)
	})
}
