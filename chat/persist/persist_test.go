package persist

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var host = message.User{ID: "h", Name: "Host", Role: message.Host}

// What a Moderator did holds for the next one on the same store.
func TestModerationOutlivesTheProcess(t *testing.T) {
	s := open(t)
	config := moderation.Config{Store: Moderation{s}}
	before, err := moderation.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range []moderation.Action{
		{Room: "show", Kind: moderation.ActionBan, User: "mina", Reason: "spam"},
		{Room: "show", Kind: moderation.ActionBan, Network: "2001:db8::/64"},
		{Room: "show", Kind: moderation.ActionTimeout, User: "yuna", Seconds: 600},
		{Room: "show", Kind: moderation.ActionSlow, Seconds: 30},
		{Room: "show", Kind: moderation.ActionBan, Network: "198.51.100.0/24"},
		{Room: "show", Kind: moderation.ActionUnban, Network: "198.51.100.0/24"},
	} {
		if _, err := before.Execute(t.Context(), host, act); err != nil {
			t.Fatalf("%s: %v", act.Kind, err)
		}
	}
	after, err := moderation.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if state, err := after.State(t.Context(), "show"); err != nil || state.Slow != 30 {
		t.Errorf("%+v %v", state, err)
	}
	guest := message.User{ID: "g", Role: message.Guest}
	for name, test := range map[string]struct {
		user    message.User
		address string
		refused bool
	}{
		"banned":         {message.User{ID: "mina", Role: message.Member}, "192.0.2.1", true},
		"banned network": {guest, "2001:db8::5", true},
		"unbanned":       {guest, "198.51.100.7", false},
		"timed out":      {message.User{ID: "yuna", Role: message.Guest}, "192.0.2.1", false},
	} {
		if err := after.Admit("show", test.user, netip.MustParseAddr(test.address)); (err != nil) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err := after.Audit(t.Context(), "show", "", 10)
	if err != nil || len(entries) != 6 || entries[5].Action.Reason != "spam" || entries[5].Action.User != "mina" || entries[5].By.ID != "h" {
		t.Errorf("%+v %v", entries, err)
	}
}

// A ban holds for a user whose data is erased, and can be lifted.
func TestBansOutliveErasure(t *testing.T) {
	s := open(t)
	config := moderation.Config{Store: Moderation{s}, Pseudonym: s.Pseudonym}
	desk := func() *moderation.Moderator {
		t.Helper()
		d, err := moderation.New(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if _, err := desk().Execute(t.Context(), host, moderation.Action{Room: "show", Kind: moderation.ActionBan, User: "mina"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), "mina"); err != nil {
		t.Fatal(err)
	}
	mina, jun := message.User{ID: "mina", Role: message.Member}, message.User{ID: "jun", Role: message.Member}
	after := desk()
	if after.Admit("show", mina, netip.Addr{}) == nil || after.Admit("show", jun, netip.Addr{}) != nil {
		t.Error("the ban holds for the wrong one, or for nobody")
	}
	if _, err := after.Execute(t.Context(), host, moderation.Action{Room: "show", Kind: moderation.ActionUnban, User: s.Pseudonym("mina")}); err != nil {
		t.Fatal(err)
	}
	if after.Admit("show", mina, netip.Addr{}) != nil || desk().Admit("show", mina, netip.Addr{}) != nil {
		t.Error("it can't be lifted")
	}
}

// What was published is kept, and what was deleted is marked, in any order of arrival.
func TestWriter(t *testing.T) {
	s := open(t)
	a := New(s, 0, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	now := time.Now().UnixMilli()
	for i := range 3 {
		m := message.Message{ID: strings.Repeat("a", i+1), Text: "x", At: now, Sent: now, User: message.User{ID: "mina", Name: "Mina", Role: message.Guest}}
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		a.Keep("show", "", data, m, netip.MustParseAddr("192.0.2.1"), i == 2)
	}
	a.Keep("show", message.TypeWave, []byte(`{"type":"wave"}`), message.Message{ID: "b", At: now, Sent: now, User: host}, netip.Addr{}, false)
	a.remove(t.Context(), removal{"show", message.Delete{IDs: []string{"a"}, Sent: now}})
	entries, err := s.Messages(t.Context(), "show", store.Query{Deleted: true, Shadow: true, Events: true})
	if err != nil || len(entries) != 4 || entries[0].Deleted == nil || !entries[2].Shadow || entries[3].Kind != message.TypeWave {
		t.Errorf("%+v %v", entries, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
