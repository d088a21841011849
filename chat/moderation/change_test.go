package moderation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestChangesHoldElsewhere(t *testing.T) {
	a, b := newModerator(t, Config{Node: "a"}), newModerator(t, Config{Node: "b"})
	apply := func(out Outcome) Outcome {
		t.Helper()
		got, err := b.Apply(t.Context(), *out.Share)
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
	if audit, _ := b.Audit(t.Context(), "stage", "", 10); len(audit) != 3 || audit[0].Action.Kind != ActionBan {
		t.Errorf("audit %+v", audit)
	}
	lifted := must(t, a, mod, "/unban 192.0.2.0/24")
	apply(lifted)
	if err := b.Admit("stage", fan, netip.MustParseAddr("192.0.2.77")); err != nil {
		t.Error(err)
	}
	// Its own change comes back to a.
	if got, err := a.Apply(t.Context(), *lifted.Share); err != nil || !reflect.DeepEqual(got, Outcome{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Two processes change a room at once; all three come to one state, and show it.
func TestChangesAtOnce(t *testing.T) {
	var desks []*Moderator
	for _, node := range []string{"a", "b", "c"} {
		desks = append(desks, newModerator(t, Config{Node: node}))
	}
	one, two := must(t, desks[0], mod, "/slow 10"), must(t, desks[1], mod, "/members on")
	for i, share := range []*Change{two.Share, one.Share} {
		out, err := desks[i].Apply(t.Context(), *share)
		if err != nil || len(out.Events) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := out.Events[0].(message.Room); got.Slow != 10 || !got.Members || got.Revision != 2 {
			t.Errorf("%+v", got)
		}
	}
	for _, out := range []Outcome{one, two} {
		if _, err := desks[2].Apply(t.Context(), *out.Share); err != nil {
			t.Fatal(err)
		}
	}
	same(t, desks)
}

// same fails unless all moderators have the same state.
func same(t *testing.T, desks []*Moderator) {
	t.Helper()
	var want []any
	for i, d := range desks {
		r, err := d.rooms.get(t.Context(), "stage")
		if err != nil {
			t.Fatal(err)
		}
		v := r.view.Load().Settings
		v.Revision = 0
		state := []any{r.registers, v, r.ballot.counts, r.ballot.votes, d.index.Page("", "", 1000, now())}
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
			var desks []*Moderator
			for i := range 3 {
				desks = append(desks, newModerator(t, Config{Node: fmt.Sprint(i)}))
			}
			var shares []*Change
			for range 40 {
				d := desks[random.IntN(2)]
				if out, err := do(t, d, host, commands[random.IntN(len(commands))]); err == nil {
					shares = append(shares, out.Share)
				}
				if random.IntN(3) == 0 && len(shares) > 0 { // some arrive meanwhile
					_, _ = desks[random.IntN(3)].Apply(t.Context(), *shares[random.IntN(len(shares))])
				}
				time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			}
			for _, d := range desks {
				for _, i := range append(random.Perm(len(shares)), random.Perm(len(shares))...) {
					if _, err := d.Apply(t.Context(), *shares[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
			same(t, desks)
			joined := newModerator(t, Config{Node: "late"})
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
		var desks []*Moderator
		var shown [2]emitted
		for i := range 2 {
			d := newModerator(t, Config{Node: fmt.Sprint(i), Emit: shown[i].emit})
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
						if _, err := desks[1-i].Apply(t.Context(), *out.Share); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		if _, err := desks[1].Apply(t.Context(), *out.Share); err != nil {
			t.Fatal(err)
		}
		for i := range 2400 {
			user := message.User{ID: fmt.Sprint(i), Role: message.Member}
			if err := desks[i%2].Vote(t.Context(), "stage", p.ID, user, netip.Addr{}, i%2); err != nil {
				t.Fatal(err)
			}
		}
		exchange()
		// Number 0 changes their mind at the other process.
		if err := desks[1].Vote(t.Context(), "stage", p.ID, message.User{ID: "0", Role: message.Member}, netip.Addr{}, 1); err != nil {
			t.Fatal(err)
		}
		exchange()
		joined := newModerator(t, Config{Node: "late"})
		dump := desks[0].Dump()
		for _, change := range dump {
			if _, err := joined.Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if len(dump) != 3 { // the registers, and votes in two pieces
			t.Errorf("%d changes tell all", len(dump))
		}
		for _, d := range append(desks, joined) {
			state, _ := d.State(t.Context(), "stage")
			if got := counts(state.Poll); got[0] != 1199 || got[1] != 1201 {
				t.Errorf("counts %v", got)
			}
		}
	})
}

func TestApplyRefusesWhatItCantRead(t *testing.T) {
	d := newModerator(t, Config{})
	for _, data := range []string{"", "[]", `{"v":2,"node":"x"}`, `{"v":1,"registers":5}`} {
		c, err := DecodeChange([]byte(data))
		if err == nil {
			_, err = d.Apply(t.Context(), c)
		}
		if err == nil {
			t.Errorf("%q was applied", data)
		}
	}
}

// Registers that another process writes are checked like what a moderator writes.
func TestApplyLeavesOutWhatMakesNoSense(t *testing.T) {
	long := strings.Repeat("x", message.MaxDraft+1)
	for _, tt := range []struct {
		name, register, value string
		revision              int64
	}{
		{"slower than slow mode goes", slowRegister, fmt.Sprint(MaxSlow + 1), 1},
		{"faster than time", slowRegister, "-1", 1},
		{"a word as a number", slowRegister, `"fast"`, 1},
		{"before the first revision", slowRegister, "10", 0},
		{"a revision that nothing can follow", slowRegister, "10", 1<<53 + 1},
		{"another setting", "mood", "true", 1},
		{"a number as a switch", membersRegister, "1", 1},
		{"a word that can't be filtered", wordRegister + "a*b", "true", 1},
		{"no word", "bad", "true", 1},
		{"a text that is too long", pinnedRegister, `{"id":"1","text":"` + long + `"}`, 1},
		{"a poll without answers", pollRegister, `{"id":"p","question":"?"}`, 1},
		{"answers without a poll", pollRegister, `{"options":["a","b"]}`, 1},
		{"one answer", pollRegister, `{"id":"p","question":"?","options":["a"]}`, 1},
		{"seven answers", pollRegister, `{"id":"p","question":"?","options":["a","b","c","d","e","f","g"]}`, 1},
		{"a long answer", pollRegister, `{"id":"p","question":"?","options":["a","` + long[:MaxOption+1] + `"]}`, 1},
		{"a long question", pollRegister, `{"id":"p","question":"` + long[:MaxQuestion+1] + `","options":["a","b"]}`, 1},
		{"a long ID", pollRegister, `{"id":"` + long[:maxID+1] + `","question":"?","options":["a","b"]}`, 1},
	} {
		d := newModerator(t, Config{Node: "a"})
		c := Change{Version: changeVersion, Node: "b", Room: "stage", Registers: map[string]Register{
			tt.register:    {Revision: tt.revision, At: 1, Node: "b", Value: json.RawMessage(tt.value)},
			emotesRegister: {Revision: 1, At: 1, Node: "b", Value: json.RawMessage("true")},
		}}
		c.Sanctions = []Sanction{{ID: "ban:stage:u1", Kind: Ban, Room: "stage", User: "u1"}, sanction(Ban, "stage", "u2", 1, 2)}
		if out, err := d.Apply(t.Context(), c); err != nil || out.Disconnect != nil { // that of u2 has run out
			t.Fatal(out, err)
		}
		if err := d.Admit("stage", fan, netip.Addr{}); err != nil {
			t.Error(err)
		}
		r, err := d.rooms.get(t.Context(), "stage")
		if err != nil {
			t.Fatal(err)
		}
		if len(r.registers) != 1 || !r.view.Load().Emotes || r.revision != 1 {
			t.Errorf("%s: %v", tt.name, r.registers)
		}
	}
}

// Of two that write a setting at once, the later one wins.
func TestLaterRegistersWin(t *testing.T) {
	for _, tt := range []struct{ later, earlier Register }{
		{Register{Revision: 2, At: 1}, Register{Revision: 1, At: 9, Node: "z"}},
		{Register{Revision: 1, At: 2}, Register{Revision: 1, At: 1, Node: "z"}},
		{Register{Revision: 1, At: 1, Node: "b"}, Register{Revision: 1, At: 1, Node: "a", Value: []byte("2")}},
	} {
		later, earlier := tt.later.version(), tt.earlier.version()
		if !later.After(earlier) || earlier.After(later) || later.After(later) {
			t.Errorf("%+v does not come after %+v", tt.later, tt.earlier)
		}
	}
	// Values without any order win or lose everywhere alike.
	one, two := Register{Revision: 1, At: 1, Node: "a", Value: []byte("1")}.version(), Register{Revision: 1, At: 1, Node: "a", Value: []byte("2")}.version()
	if one.After(two) == two.After(one) {
		t.Errorf("%+v and %+v have no order", one, two)
	}
}

// What another process changed is in this one's store as well, and processes that were
// given no names know each other apart.
func TestChangesAreStoredElsewhere(t *testing.T) {
	store := NewMemoryStore()
	a, b := newModerator(t, Config{}), newModerator(t, Config{Store: store})
	for _, command := range []string{"/slow 10", "/ban u1"} {
		if _, err := b.Apply(t.Context(), *must(t, a, mod, command).Share); err != nil {
			t.Fatal(err)
		}
	}
	again := newModerator(t, Config{Store: store})
	if settings, err := again.Settings(t.Context(), "stage"); err != nil || settings.Slow != 10 {
		t.Errorf("%+v, %v", settings, err)
	}
	refused(t, again.Admit("stage", fan, netip.Addr{}), message.CodeBanned)
}

func FuzzApply(f *testing.F) {
	d := newModerator(f, Config{Node: "a"})
	for _, command := range []string{"/slow 10", "/ban u1", "/ban 192.0.2.0/24 1h", "/addword bad", `/poll "A?" a b`, "/pin hello", "/links on", "/unban u1"} {
		f.Add(must(f, d, host, command).Share.Encode())
	}
	f.Add([]byte(`{"v":1,"node":"x","room":"stage","poll":"p","votes":[[1,1,1]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newModerator(t, Config{Node: "b"})
		c, err := DecodeChange(data)
		if err == nil {
			_, err = d.Apply(t.Context(), c)
		}
		if err != nil {
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
			if _, err := newModerator(t, Config{Node: "c"}).Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Execute(t.Context(), host, Action{Room: "stage", Kind: ActionSlow, Seconds: 5}); err != nil {
			t.Fatal(err)
		}
	})
}
