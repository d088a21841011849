package moderation

import (
	"fmt"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

// TestOneRuleForSanctions has two processes change a sanction in the same millisecond. What
// Redis keeps for processes that start later, by the version in the envelope, is what those
// hold that have got both.
func TestOneRuleForSanctions(t *testing.T) {
	var versions []Sanction
	for _, removed := range []bool{false, true} {
		for _, until := range []int64{0, 5000, 9000} {
			for _, by := range []string{"jun", "mina"} {
				for _, reason := range []string{"", "spam"} {
					s := sanction(Ban, "stage", "eve", 1000, until)
					s.Removed, s.By, s.Reason = removed, message.User{ID: by, Role: message.Host}, reason
					versions = append(versions, s)
				}
			}
		}
	}
	for _, one := range versions {
		for _, two := range versions {
			shared := Change{Version: changeVersion, Sanctions: []Sanction{one, two}}.Lasting()
			want := one
			if shared[1].Version.After(shared[0].Version) {
				want = two
			}
			for _, order := range [][]Sanction{{one, two}, {two, one}} {
				index := NewSanctionIndex()
				for _, s := range order {
					if _, err := index.Put(s); err != nil {
						t.Fatal(err)
					}
				}
				if got, _ := index.Get(want.ID); got != want {
					t.Errorf("the index holds %+v, redis %+v", got, want)
				}
			}
		}
	}
}

// TestLasting takes a change apart: each sanction and setting has its own key and version.
func TestLasting(t *testing.T) {
	lifted := sanction(Ban, "stage", "mina", 3000, 0)
	lifted.Removed = true
	c := Change{
		Version: changeVersion, Node: "n", Room: "stage", Sanctions: []Sanction{sanction(Ban, "stage", "eve", 2000, 9000), lifted},
		Registers: map[string]Register{slowRegister: {Revision: 7, At: 5, Node: "n", Value: []byte("10")}}, Votes: []Vote{{1, 2, 3}}, Poll: "p",
	}
	type want struct {
		number, at, until int64
		parts             string
	}
	wants := map[string]want{
		"ban:stage:eve":   {2000, 2000_000, 9000, "1 0 "},
		"ban:stage:mina":  {3000, 3000_000, 3000 + sharedFor.Milliseconds(), "1 0 "},
		"room:stage:slow": {7, 5000, 0, "0 1 stage"},
	}
	lasting := c.Lasting()
	for _, e := range lasting {
		got := want{e.Number, e.At, e.Until, fmt.Sprint(len(e.Value.Sanctions), " ", len(e.Value.Registers), " ", e.Value.Room)}
		if got != wants[e.Key] || e.Value.Node != "n" || e.Value.Version != changeVersion || e.Value.Votes != nil {
			t.Errorf("%s: %+v in %+v, want %+v", e.Key, got, e.Value, wants[e.Key])
		}
	}
	if len(lasting) != len(wants) {
		t.Errorf("%d values", len(lasting))
	}
	if rest, ok := c.Passing(); !ok || len(rest.Votes) != 1 || rest.Room != "stage" || rest.Poll != "p" || rest.Sanctions != nil || rest.Registers != nil {
		t.Errorf("%+v, %v", rest, ok)
	}
	if _, ok := (Change{Sanctions: c.Sanctions}).Passing(); ok {
		t.Error("nothing passes by")
	}
}
