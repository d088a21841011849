package moderation

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// emitted collects what a desk emits.
type emitted struct {
	mu   sync.Mutex
	list []Outcome
}

func (e *emitted) emit(_ context.Context, _ string, out Outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, out)
}

func (e *emitted) take() []Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// running runs a desk until the test ends.
func running(t *testing.T, d *Desk) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func counts(p *message.Poll) (list []int) {
	for _, option := range p.Options {
		list = append(list, option.Votes)
	}
	return list
}

func TestPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown emitted
		d := newDesk(t, Config{Emit: shown.emit})
		running(t, d)
		p := must(t, d, mod, `/poll "Encore?" yes no 30s`).Events[0].(message.Room).Poll
		if p.Question != "Encore?" || p.Over || len(p.Options) != 2 || p.Ends != time.Now().Add(30*time.Second).UnixMilli() {
			t.Fatalf("%+v", p)
		}
		_, err := do(t, d, mod, `/poll "Another?" yes no`)
		refused(t, err, message.CodeAct)
		for i := range 1000 {
			user := message.User{ID: fmt.Sprint("fan", i), Role: message.Member}
			if err := d.Vote(t.Context(), "stage", p.ID, user, netip.Addr{}, i%2); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5*time.Second + 100*time.Millisecond)
		list := shown.take()
		if len(list) != 1 || list[0].Share == nil {
			t.Fatalf("%d outcomes for 1000 votes at once", len(list))
		}
		if got := counts(list[0].Events[0].(message.Room).Poll); got[0] != 500 || got[1] != 500 {
			t.Errorf("counts %v", got)
		}
		first := message.User{ID: "fan0", Role: message.Member}
		for range 3 { // once to change it, then nothing new
			if err := d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 1); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 0), message.CodeTooFast)
		refused(t, d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 2), message.CodeAct)
		refused(t, d.Vote(t.Context(), "stage", "other", first, netip.Addr{}, 1), message.CodeAct)
		time.Sleep(30 * time.Second)
		list = shown.take()
		end := list[len(list)-1].Events[0].(message.Room).Poll
		if got := counts(end); !end.Over || got[0] != 499 || got[1] != 501 || len(list) != 2 {
			t.Errorf("%d outcomes, the last %+v", len(list), end)
		}
		refused(t, d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 0), message.CodeAct)
		must(t, d, mod, `/poll "Another?" yes no`)
		if got := must(t, d, mod, "/endpoll").Events[0].(message.Room).Poll; !got.Over {
			t.Errorf("%+v", got)
		}
	})
}

func TestGuestsVotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, Config{GuestVotes: 3})
		p := must(t, d, mod, `/poll "Encore?" yes no`).Events[0].(message.Room).Poll
		vote := func(id string, role message.Role, addr string) error {
			return d.Vote(t.Context(), "stage", p.ID, message.User{ID: id, Role: role}, netip.MustParseAddr(addr), 0)
		}
		for i := range 3 {
			if err := vote(fmt.Sprint("g", i), message.Guest, fmt.Sprintf("2001:db8::%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, vote("g4", message.Guest, "2001:db8::ffff"), message.CodeTooFast)
		if err := vote("g5", message.Guest, "2001:db8:0:1::1"); err != nil {
			t.Error(err)
		}
		if err := vote("u5", message.Member, "2001:db8::1"); err != nil {
			t.Error(err)
		}
		must(t, d, mod, "/shadow u6")
		if err := vote("u6", message.Member, "192.0.2.1"); err != nil {
			t.Error(err)
		}
		must(t, d, mod, "/ban u7")
		refused(t, vote("u7", message.Member, "192.0.2.1"), message.CodeBanned)
		state, _ := d.State(t.Context(), "stage")
		if got := counts(state.Poll); got[0] != 5 {
			t.Errorf("counts %v", got)
		}
	})
}

// TestDeskRestsWithoutPoll has the desk look for votes only while a poll runs, whichever
// way the poll came.
func TestDeskRestsWithoutPoll(t *testing.T) {
	tests := []struct {
		name string
		poll func(t *testing.T, here, there *Desk)
	}{
		{"made here", func(t *testing.T, here, _ *Desk) { must(t, here, mod, `/poll "Encore?" yes no 30s`) }},
		{"made by another process", func(t *testing.T, here, there *Desk) {
			if _, err := here.Apply(t.Context(), must(t, there, mod, `/poll "Encore?" yes no 30s`).Share); err != nil {
				t.Fatal(err)
			}
		}},
		{"read from the store", func(t *testing.T, here, there *Desk) {
			there.cfg.Store = here.cfg.Store
			must(t, there, mod, `/poll "Encore?" yes no 30s`)
			if _, err := here.State(t.Context(), "stage"); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var shown emitted
				here, there := newDesk(t, Config{Emit: shown.emit}), newDesk(t, Config{})
				running(t, here)
				time.Sleep(time.Hour)
				if here.polls.Running() {
					t.Error("looks for votes without a poll")
				}
				tt.poll(t, here, there)
				time.Sleep(time.Hour)
				if list := shown.take(); len(list) != 1 || !list[0].Events[0].(message.Room).Poll.Over {
					t.Errorf("shown: %+v", list)
				}
				if here.polls.Running() {
					t.Error("looks for votes after the poll's end")
				}
			})
		})
	}
}
