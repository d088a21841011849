package moderation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestChangesHoldElsewhere(t *testing.T) {
	a, b := newDesk(t, Config{Node: "a"}), newDesk(t, Config{Node: "b"})
	apply := func(out Outcome) Outcome {
		t.Helper()
		got, err := b.Apply(t.Context(), out.Share)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	apply(must(t, a, mod, "/slow 10"))
	apply(must(t, a, mod, "/addword bad"))
	got := apply(must(t, a, mod, "/ban 192.0.2.0/24 1h"))
	if len(got.Disconnect) != 1 || got.Disconnect[0].Network != netip.MustParsePrefix("192.0.2.0/24") || got.Events != nil {
		t.Errorf("%+v", got)
	}
	settings, err := b.Settings(t.Context(), "stage")
	if err != nil || settings.Slow != 10 || len(settings.Words) != 1 || settings.Revision != 2 {
		t.Errorf("%+v, %v", settings, err)
	}
	if err := b.Admit("stage", fan, netip.MustParseAddr("192.0.2.77")); err == nil {
		t.Error("the ban does not hold")
	}
	if audit, _ := b.Audit(t.Context(), "stage", "", 10); len(audit) != 3 || audit[0].Act.Act != ActBan {
		t.Errorf("audit %+v", audit)
	}
	lifted := must(t, a, mod, "/unban 192.0.2.0/24")
	apply(lifted)
	if err := b.Admit("stage", fan, netip.MustParseAddr("192.0.2.77")); err != nil {
		t.Error(err)
	}
	// Its own change comes back to a.
	if got, err := a.Apply(t.Context(), lifted.Share); err != nil || !reflect.DeepEqual(got, Outcome{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Two processes change a room at once; all three come to one state, and show it.
func TestChangesAtOnce(t *testing.T) {
	var desks []*Desk
	for _, node := range []string{"a", "b", "c"} {
		desks = append(desks, newDesk(t, Config{Node: node}))
	}
	one, two := must(t, desks[0], mod, "/slow 10"), must(t, desks[1], mod, "/members on")
	for i, share := range [][]byte{two.Share, one.Share} {
		out, err := desks[i].Apply(t.Context(), share)
		if err != nil || len(out.Events) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := out.Events[0].(message.Room); got.Slow != 10 || !got.Members || got.Revision != 2 {
			t.Errorf("%+v", got)
		}
	}
	for _, out := range []Outcome{one, two} {
		if _, err := desks[2].Apply(t.Context(), out.Share); err != nil {
			t.Fatal(err)
		}
	}
	same(t, desks)
}

// same fails unless all desks have the same state.
func same(t *testing.T, desks []*Desk) {
	t.Helper()
	var want []any
	for i, d := range desks {
		r, err := d.room(t.Context(), "stage")
		if err != nil {
			t.Fatal(err)
		}
		v := r.view.Load().Settings
		v.Revision = 0
		state := []any{r.registers, v, r.ballot.counts, r.ballot.votes, d.book.Page("", "", 1000, now())}
		if i == 0 {
			want = state
		} else if !reflect.DeepEqual(state, want) {
			t.Fatalf("desk %d has\n%+v, not\n%+v", i, state, want)
		}
	}
}

func TestMergeIsTheSameInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		commands := []string{
			"/slow 10", "/slow off", "/slow 30", "/members on", "/members off", "/links on", "/addword bad", "/removeword bad", "/addword worse",
			"/pin one", "/pin two", "/unpin", "/ban u1", "/ban u1 1h", "/unban u1", "/timeout u1 1h", "/ban 192.0.2.0/24", "/unban 192.0.2.0/24",
			`/poll "A?" a b`, `/poll "B?" c d`, "/endpoll", "/shadow u3", "/unshadow u3",
		}
		for range 8 {
			var desks []*Desk
			for i := range 3 {
				desks = append(desks, newDesk(t, Config{Node: fmt.Sprint(i)}))
			}
			var shares [][]byte
			for range 40 {
				d := desks[random.IntN(2)]
				if out, err := do(t, d, host, commands[random.IntN(len(commands))]); err == nil {
					shares = append(shares, out.Share)
				}
				if random.IntN(3) == 0 && len(shares) > 0 { // some arrive meanwhile
					_, _ = desks[random.IntN(3)].Apply(t.Context(), shares[random.IntN(len(shares))])
				}
				time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			}
			for _, d := range desks {
				for _, i := range append(random.Perm(len(shares)), random.Perm(len(shares))...) {
					if _, err := d.Apply(t.Context(), shares[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
			same(t, desks)
			joined := newDesk(t, Config{Node: "late"})
			for _, change := range desks[1].Dump() {
				if _, err := joined.Apply(t.Context(), change); err != nil {
					t.Fatal(err)
				}
			}
			same(t, append(desks, joined))
		}
	})
}

func TestVotesHoldElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var desks []*Desk
		var shown [2]emitted
		for i := range 2 {
			d := newDesk(t, Config{Node: fmt.Sprint(i), Emit: shown[i].emit})
			running(t, d)
			desks = append(desks, d)
		}
		out := must(t, desks[0], mod, `/poll "Encore?" yes no 60s`)
		p := out.Events[0].(message.Room).Poll
		exchange := func() {
			time.Sleep(1500 * time.Millisecond)
			for i := range shown {
				for _, out := range shown[i].take() {
					if out.Share != nil {
						if _, err := desks[1-i].Apply(t.Context(), out.Share); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		if _, err := desks[1].Apply(t.Context(), out.Share); err != nil {
			t.Fatal(err)
		}
		for i := range 2400 {
			user := message.User{ID: fmt.Sprint(i), Role: message.Member}
			if err := desks[i%2].Vote(t.Context(), "stage", p.ID, user, netip.Addr{}, i%2); err != nil {
				t.Fatal(err)
			}
		}
		exchange()
		// Number 0 changes her mind at the other process.
		if err := desks[1].Vote(t.Context(), "stage", p.ID, message.User{ID: "0", Role: message.Member}, netip.Addr{}, 1); err != nil {
			t.Fatal(err)
		}
		exchange()
		for _, d := range desks {
			state, _ := d.State(t.Context(), "stage")
			if got := counts(state.Poll); got[0] != 1199 || got[1] != 1201 {
				t.Errorf("counts %v", got)
			}
		}
	})
}

func TestApplyRefusesWhatItCantRead(t *testing.T) {
	d := newDesk(t, Config{})
	for _, data := range []string{"", "[]", `{"v":2,"node":"x"}`, `{"v":1,"registers":5}`} {
		if _, err := d.Apply(t.Context(), []byte(data)); err == nil {
			t.Errorf("%q was applied", data)
		}
	}
}

func FuzzApply(f *testing.F) {
	d := newDesk(f, Config{Node: "a"})
	for _, command := range []string{"/slow 10", "/ban u1", "/ban 192.0.2.0/24 1h", "/addword bad", `/poll "A?" a b`, "/pin hello", "/links on", "/unban u1"} {
		f.Add(must(f, d, host, command).Share)
	}
	f.Add([]byte(`{"v":1,"node":"x","room":"stage","poll":"p","votes":[[1,1,1]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDesk(t, Config{Node: "b"})
		if _, err := d.Apply(t.Context(), data); err != nil {
			return
		}
		state, err := d.State(t.Context(), "stage")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(state); err != nil {
			t.Fatal(err)
		}
		_, _ = check(t, d, fan, "hello")
		for _, change := range d.Dump() {
			if _, err := newDesk(t, Config{Node: "c"}).Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Do(t.Context(), host, Act{Room: "stage", Act: ActSlow, Seconds: 5}); err != nil {
			t.Fatal(err)
		}
	})
}
