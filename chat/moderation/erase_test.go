package moderation

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestErase(t *testing.T) {
	pseudonym := func(user string) string { return "pseudonym-" + digest(user) }
	a := newModerator(t, Config{Node: "a", Pseudonym: pseudonym})
	b := newModerator(t, Config{Node: "b", Pseudonym: pseudonym})
	apply := func(outcomes ...Outcome) {
		t.Helper()
		for _, out := range outcomes {
			if _, err := b.Apply(t.Context(), *out.Share); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := a.Execute(t.Context(), mod, Action{Room: "stage", Kind: ActionPin, Message: "100"})
	if err != nil {
		t.Fatal(err)
	}
	apply(out, must(t, a, mod, "/ban u1 very rude"), must(t, a, mod, "/timeout @Gast 1h"))
	outcomes := append(a.Erase(t.Context(), "u1"), a.Erase(t.Context(), "m1")...)
	if len(outcomes) != 3 || outcomes[1].Action.Room != "stage" || outcomes[1].Events[0].(message.Room).Pinned != nil {
		t.Fatalf("%+v", outcomes)
	}
	apply(outcomes...)
	for _, d := range []*Moderator{a, b} {
		refused(t, d.Admit("stage", fan, netip.Addr{}), message.CodeBanned)
		_, err := check(t, d, guest, "hello")
		refused(t, err, message.CodeTimeout)
		for _, change := range d.Dump() {
			for _, trace := range []string{"Mina", `"u1"`, "very rude", ":u1", `"Mo"`, `"m1"`} {
				if strings.Contains(string(change.Encode()), trace) {
					t.Errorf("%s is left in %s", trace, change.Encode())
				}
			}
		}
		state, _ := d.State(t.Context(), "stage")
		if data, _ := json.Marshal(state); state.Pinned != nil {
			t.Errorf("%s", data)
		}
	}
	// They can be pardoned by their ID all the same.
	must(t, a, mod, "/unban u1")
	if err := a.Admit("stage", fan, netip.Addr{}); err != nil {
		t.Error(err)
	}
	// Who sanctioned them is still told.
	e := newModerator(t, Config{Pseudonym: pseudonym})
	must(t, e, mod, "/ban u1")
	e.Erase(t.Context(), "u1")
	if list := e.index.All(); len(list) != 1 || list[0].By != mod {
		t.Errorf("%+v", list)
	}
	// Without a pseudonym sanctions end with the data.
	c := newModerator(t, Config{})
	must(t, c, mod, "/ban u1")
	must(t, c, mod, "/ban u3")
	c.Erase(t.Context(), "u1")
	if list := c.index.All(); len(list) != 1 || list[0].User != "u3" || list[0].By != mod {
		t.Errorf("%+v", list)
	}
	if err := c.Admit("stage", fan, netip.Addr{}); err != nil {
		t.Error(err)
	}
}
