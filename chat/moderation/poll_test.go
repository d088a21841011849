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

// emitted collects what a Moderator emits.
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

// running runs a Moderator until the test ends.
func running(t *testing.T, d *Moderator) {
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
		d := newModerator(t, Config{Emit: shown.emit})
		running(t, d)
		p := must(t, d, mod, `/poll "Encore?" yes no 30s`).Events[0].(message.Room).Poll
		if p.Question != "Encore?" || p.Over || len(p.Options) != 2 || p.Ends != time.Now().Add(30*time.Second).UnixMilli() {
			t.Fatalf("%+v", p)
		}
		_, err := do(t, d, mod, `/poll "Another?" yes no`)
		refused(t, err, message.CodeAction)
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
		refused(t, d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 2), message.CodeAction)
		refused(t, d.Vote(t.Context(), "stage", "other", first, netip.Addr{}, 1), message.CodeAction)
		time.Sleep(30 * time.Second)
		list = shown.take()
		end := list[len(list)-1].Events[0].(message.Room).Poll
		if got := counts(end); !end.Over || got[0] != 499 || got[1] != 501 || len(list) != 2 {
			t.Errorf("%d outcomes, the last %+v", len(list), end)
		}
		refused(t, d.Vote(t.Context(), "stage", p.ID, first, netip.Addr{}, 0), message.CodeAction)
		must(t, d, mod, `/poll "Another?" yes no`)
		if got := must(t, d, mod, "/endpoll").Events[0].(message.Room).Poll; !got.Over {
			t.Errorf("%+v", got)
		}
	})
}

func TestGuestsVotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{GuestVotes: 3})
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

// TestModeratorRestsWithoutPoll has the Moderator look for votes only while a poll runs, whichever
// way the poll came.
func TestModeratorRestsWithoutPoll(t *testing.T) {
	tests := []struct {
		name string
		poll func(t *testing.T, here, there *Moderator)
	}{
		{"made here", func(t *testing.T, here, _ *Moderator) { must(t, here, mod, `/poll "Encore?" yes no 30s`) }},
		{"made by another process", func(t *testing.T, here, there *Moderator) {
			if _, err := here.Apply(t.Context(), *must(t, there, mod, `/poll "Encore?" yes no 30s`).Share); err != nil {
				t.Fatal(err)
			}
		}},
		{"read from the store", func(t *testing.T, here, there *Moderator) {
			there.rooms.store = here.rooms.store
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
				here, there := newModerator(t, Config{Emit: shown.emit}), newModerator(t, Config{})
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

// The end of a poll is shown once, also while one of another room goes on.
func TestPollEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown emitted
		d := newModerator(t, Config{Emit: shown.emit})
		running(t, d)
		must(t, d, mod, `/poll "Encore?" yes no 10s`)
		other, err := d.Execute(t.Context(), mod, Action{Room: "other", Kind: ActionPoll, Text: "Encore?", Options: []string{"yes", "no"}, Seconds: 60})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if err := d.Vote(t.Context(), "other", other.Events[0].(message.Room).Poll.ID, fan, netip.Addr{}, 0); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if list := shown.take(); len(list) != 2 || list[0].Action.Room != "stage" || list[1].Action.Room != "other" {
			t.Errorf("%+v", list)
		}
	})
}

func TestGuestVotesByDefault(t *testing.T) {
	d := newModerator(t, Config{})
	p := must(t, d, mod, `/poll "Encore?" yes no`).Events[0].(message.Room).Poll
	vote := func(i int) error {
		return d.Vote(t.Context(), "stage", p.ID, message.User{ID: fmt.Sprint(i), Role: message.Guest}, netip.MustParseAddr("192.0.2.1"), 0)
	}
	for i := range 20 {
		if err := vote(i); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, vote(20), message.CodeTooFast)
}

func TestVotesAreBounded(t *testing.T) {
	d := newModerator(t, Config{})
	p := must(t, d, mod, `/poll "Encore?" yes no`).Events[0].(message.Room).Poll
	for _, user := range []message.User{{Role: message.Member}, {ID: "u9", Role: "nothing"}} {
		refused(t, d.Vote(t.Context(), "stage", p.ID, user, netip.Addr{}, 0), message.CodeMayNot)
	}
	r, err := d.rooms.get(t.Context(), "stage")
	if err != nil {
		t.Fatal(err)
	}
	for key := range uint64(MaxVoters - 1) {
		r.ballot.votes[key] = vote{}
	}
	r.ballot.counts[0] = MaxVoters - 1
	if err := d.Vote(t.Context(), "stage", p.ID, fan, netip.Addr{}, 1); err != nil {
		t.Error(err)
	}
	refused(t, d.Vote(t.Context(), "stage", p.ID, fan3, netip.Addr{}, 1), message.CodeUnavailable)
	r.countVotes(p.ID, []Vote{{-1, 1, now()}}) // of another process
	if got := r.ballot.counts; len(r.ballot.votes) != MaxVoters || got[0] != MaxVoters-1 || got[1] != 1 {
		t.Errorf("%d votes: %v", len(r.ballot.votes), got)
	}
}

// Of a large poll the counts are stored; of a small one, who has voted as well.
func TestStoredVotesAreBounded(t *testing.T) {
	p := poll{ID: "p", Options: []string{"yes", "no"}}
	b := newBallot(p)
	for key := range uint64(keptVoters) {
		b.put(key, vote{option: int8(key % 2), at: 1})
	}
	small := newBallot(p)
	small.restore(b.stored())
	b.put(keptVoters, vote{at: 1})
	large := newBallot(p)
	large.restore(b.stored())
	if len(small.votes) != keptVoters || small.counts[0] != keptVoters/2 || len(large.votes) != 0 || large.counts[0] != keptVoters/2+1 {
		t.Errorf("%d voters and %v, %d voters and %v", len(small.votes), small.counts, len(large.votes), large.counts)
	}
	// Of a voter's two votes the later one counts, in whichever order they come.
	early, late, same := Vote{7, 0, 1000}, Vote{7, 1, 1001}, Vote{7, 0, 1001}
	for _, votes := range [][]Vote{{early, late, same}, {same, late, early}, {late, early, same, late}} {
		r := &room{ballot: newBallot(p)}
		if r.countVotes("p", votes); r.ballot.counts[0] != 0 || r.ballot.counts[1] != 1 {
			t.Errorf("%v: %v", votes, r.ballot.counts)
		}
	}
	// What can't be an answer is no vote.
	odd := newBallot(p)
	odd.restore(&storedVotes{Poll: "p", Counts: []int{-5, 2}, Voters: []byte{0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 9}})
	if len(odd.votes) != 1 || odd.votes[3].option != 1 || odd.counts[0] != 0 || odd.counts[1] != 2 {
		t.Errorf("%v, %v", odd.votes, odd.counts)
	}
}
