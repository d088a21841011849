package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

func prune(t *testing.T, place Place) {
	s := open(t, place)
	var list []store.Entry
	for n := range 620 {
		list = append(list, entry("show", n, "mina"))
	}
	put(t, s, list...)
	for n := range 3 {
		_, err := s.AppendAudit(t.Context(), act{At: second(n), Room: "show", Act: "ban"}.entry())
		must(t, err)
	}
	ended, holds := ban("show", "mina"), ban("show", "jun")
	ended.Until, holds.Until = second(1).UnixMilli(), second(5000).UnixMilli()
	must(t, s.PutSanction(t.Context(), ended))
	must(t, s.PutSanction(t.Context(), holds))
	must(t, s.PutSanction(t.Context(), ban("show", "sora")))

	for _, tt := range []struct {
		before, limit, want, left int
	}{{0, 10, 0, 620}, {600, 10, 10, 610}, {600, 505, 505, 105}, {600, 5000, 89, 20}, {600, 5000, 0, 20}} {
		n, err := s.Prune(t.Context(), second(tt.before), tt.limit)
		left := 0
		for q := everything; ; {
			q.Forward = true
			page := messages(t, s, "show", q)
			if left += len(page); len(page) < q.Limit {
				break
			}
			q = q.Next(&page[len(page)-1])
		}
		if err != nil || n != tt.want || left != tt.left {
			t.Errorf("%+v: %d, %v, %d are left", tt, n, err, left)
		}
	}
	if got := ids(messages(t, s, "show", store.Query{Limit: 1, Forward: true})); !slices.Equal(got, numbered(600)) {
		t.Error(got)
	}
	acts, err := s.Audit(t.Context(), store.AuditQuery{})
	left, listErr := s.Sanctions(t.Context(), store.SanctionQuery{})
	if err != nil || listErr != nil || len(acts) != 0 || len(left) != 2 {
		t.Errorf("%d acts, %d sanctions, %v, %v", len(acts), len(left), err, listErr)
	}
	for _, bad := range []struct {
		before time.Time
		limit  int
	}{{time.Time{}, 1}, {start, 0}, {start, -1}} {
		_, err := s.Prune(t.Context(), bad.before, bad.limit)
		want(t, err, store.ErrInvalid)
	}
}

// everywhere puts the person wherever the store can hold them, and others beside them.
func everywhere(t *testing.T, s store.Store, user string, count int) {
	t.Helper()
	var list []store.Entry
	for n := range 2 * count {
		list = append(list, entry("show", n, []string{user, "jun"}[n%2]))
	}
	written := list[0].Message
	list[1].Message.Reply = &message.Quote{ID: written.ID, User: user, Name: written.User.Name, Text: written.Text}
	list[3].Message.Mentions = []string{"sora", user}
	list[5].Deleted = &store.Deletion{By: user, At: second(9)}
	wave := event("show", 10_001, message.TypeWave, message.Wave{Type: "wave", Color: "#ff5fa2", At: 9, By: written.User})
	wave.Message.User.ID = user
	removal := event("show", 10_002, message.TypeDelete, message.Delete{Type: "delete", IDs: numbered(5), Sent: 7})
	removal.Message.User.ID, removal.Address = user, list[0].Address
	pinned := event("show", 10_003, message.TypeRoom, message.Room{Type: "room", Slow: 10, Pinned: &written, Revision: 1 << 60})
	purge := event("show", 10_004, message.TypeDelete, message.Delete{Type: "delete", User: user})
	put(t, s, append(list, wave, removal, pinned, purge, entry("other", 1, user))...)

	must(t, s.SaveRoom(t.Context(), store.Settings{Room: "show", Data: pinned.Event, Revision: 7}))
	must(t, s.SaveRoom(t.Context(), store.Settings{Room: "other", Data: []byte(`{"slow":5}`), Revision: 7}))
	for _, a := range []act{
		{Act: "ban", Actor: "lead", ActorName: "Lead", User: user, UserName: written.User.Name, Network: "203.0.113.7/32",
			Reason: "reason about " + user, Text: written.Text, Done: "banned " + written.User.Name},
		{Act: "slow", Actor: user, ActorName: written.User.Name, Reason: "too fast"},
		{Act: "pin", Actor: "lead", Options: []string{user, "sora"}, Seconds: 5},
		{Act: "ban", Actor: "lead", User: "jun", Reason: "spam"},
		{Act: "delete", Actor: "lead", Message: written.ID, UserName: written.User.Name, Done: "deleted a message of " + written.User.Name},
		{Act: "delete", Actor: "lead", Message: list[5].Message.ID, UserName: "Jun", Done: "deleted a message of Jun"},
	} {
		a.At, a.Room = start, "show"
		_, err := s.AppendAudit(t.Context(), a.entry())
		must(t, err)
	}
	ended, by := ban("other", user), ban("show", "jun")
	ended.Until, by.By.ID = start.UnixMilli(), user
	for _, sanction := range []moderation.Sanction{ban("show", user), ended, by} {
		must(t, s.PutSanction(t.Context(), sanction))
	}
	must(t, s.CreateAccount(t.Context(), identity.Account{ID: user, Name: written.User.Name, Key: user, Password: "x", Role: message.Host, Created: start}))
}

func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// dump is all that the store says.
func dump(t *testing.T, s store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, room := range []string{"show", "other"} {
		for q := everything; ; {
			q.Forward = true
			page := messages(t, s, room, q)
			for _, e := range page {
				fmt.Fprintf(&b, "%s %s %s %s %v %+v\n", e.Room, e.Kind, mustJSON(e.Message), e.Event, e.Address, e.Deleted)
			}
			if len(page) < q.Limit {
				break
			}
			q = q.Next(&page[len(page)-1])
		}
	}
	settings, err := s.Rooms(t.Context())
	must(t, err)
	for _, r := range settings {
		fmt.Fprintf(&b, "%s %s %d\n", r.Room, r.Data, r.Revision)
	}
	acts, err := s.Audit(t.Context(), store.AuditQuery{})
	must(t, err)
	for _, a := range acts {
		fmt.Fprintf(&b, "%+v %s\n", a, store.AuditDetail(&a))
	}
	list, err := s.Sanctions(t.Context(), store.SanctionQuery{})
	must(t, err)
	all, err := s.Accounts(t.Context(), "", 0)
	must(t, err)
	reports, err := s.Erasures(t.Context())
	must(t, err)
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n", list, all, reports)
	return b.String()
}

func erase(t *testing.T, place Place) {
	// IDs that other words are made of, and that JSON writes in its own way, too.
	for _, user := range []string{"u-4711-세라", "host", `a"b\c<d>&/é`, "%_'"} {
		s := open(t, place)
		count := 10
		if user == "host" {
			count = 501 // more than a step
		}
		everywhere(t, s, user, count)
		report, err := s.Erase(t.Context(), user)
		must(t, err)
		if report.Messages != count+1 || report.Rewritten != 6 || report.Audit != 4 || report.Sanctions != 1 || !report.Account || report.LogKept {
			t.Errorf("%s: %+v", user, report)
		}
		left := dump(t, s)
		for _, trace := range []string{"Name of " + user, "text 0 of " + user, "reason about " + user, strings.Trim(string(mustJSON("Name of "+user)), `"`)} {
			if strings.Contains(left, trace) {
				t.Errorf("%q is still there", trace)
			}
		}
		if user != "host" && strings.Contains(left, user) { // who is a role, and other people's moderator
			t.Errorf("%q is still there:\n%s", user, left)
		}
		must(t, s.DeleteRoom(t.Context(), "show"))
		must(t, s.DeleteRoom(t.Context(), "other"))
		must(t, s.SettleErasure(t.Context(), report.ID))
	}
}

func eraseKeepsOthers(t *testing.T, place Place) {
	s := open(t, place)
	everywhere(t, s, "mina", 10)
	_, err := s.Erase(t.Context(), "mina")
	must(t, err)
	find := func(n int) store.Entry {
		t.Helper()
		e, err := s.Message(t.Context(), "show", id(n))
		must(t, err)
		return e
	}
	_, err = s.Message(t.Context(), "show", id(0))
	want(t, err, store.ErrNotFound)
	reply := entry("show", 1, "jun")
	reply.Message.Reply = &message.Quote{ID: id(0)}
	if got := find(1); !reflect.DeepEqual(got, reply) {
		t.Errorf("%+v", got.Message.Reply)
	}
	mention := entry("show", 3, "jun")
	mention.Message.Mentions = []string{"sora"}
	if got := find(3); !reflect.DeepEqual(got, mention) {
		t.Errorf("%+v", got)
	}
	if got := find(5); got.Deleted == nil || got.Deleted.By != s.Pseudonym("mina") || got.Message.Text != "text 5 of jun" {
		t.Errorf("%+v: deleted by them, and stays so", got)
	}
	var wave message.Wave
	if got := find(10_001); json.Unmarshal(got.Event, &wave) != nil || wave.By != (message.User{Role: message.Member}) || wave.Color != "#ff5fa2" || wave.At != 9 {
		t.Errorf("%s", got.Event)
	}
	var removal message.Delete
	if got := find(10_002); json.Unmarshal(got.Event, &removal) != nil || !slices.Equal(removal.IDs, numbered(5)) || removal.Sent != 7 || got.Address.IsValid() {
		t.Errorf("%s: what they removed as a moderator must not come back", got.Event)
	}
	var room message.Room
	if got := find(10_003); json.Unmarshal(got.Event, &room) != nil || room.Pinned != nil || room.Slow != 10 || room.Revision != 1<<60 {
		t.Errorf("%s", got.Event)
	}
	for name, revision := range map[string]int64{"show": 8, "other": 7} {
		settings, err := s.Room(t.Context(), name)
		if err != nil || settings.Revision != revision {
			t.Errorf("%+v, %v: the revision must grow where something changed", settings, err)
		}
	}
	acts, err := s.Audit(t.Context(), store.AuditQuery{})
	must(t, err)
	p := s.Pseudonym("mina")
	want := []act{
		{Act: "delete", Actor: "lead", Message: id(5), UserName: "Jun", Done: "deleted a message of Jun"},
		{Act: "delete", Actor: "lead", Message: id(0)},
		{Act: "ban", Actor: "lead", User: "jun", Reason: "spam"},
		{Act: "pin", Actor: "lead", Options: []string{"sora"}, Seconds: 5},
		{Act: "slow", Actor: p, Reason: "too fast"},
		{Act: "ban", Actor: "lead", ActorName: "Lead", User: p},
	}
	if len(acts) != len(want) {
		t.Fatalf("%+v", acts)
	}
	for i, a := range want {
		a.At, a.Room = start, "show"
		e := a.entry()
		if e.ID = acts[i].ID; !reflect.DeepEqual(acts[i], e) {
			t.Errorf("%+v; want %+v", acts[i], e)
		}
	}
}

// eraseWhatIsOnItsWay: a batch may be written after the erasure; what they write later
// is theirs to write.
func eraseWhatIsOnItsWay(t *testing.T, place Place) {
	s := open(t, place)
	_, err := s.MarkUserDeleted(t.Context(), "show", "mina", store.Deletion{By: "mina", At: second(5)})
	must(t, err)
	report, err := s.Erase(t.Context(), "mina")
	must(t, err)
	if len(report.Spans) != 0 || report.Messages != 0 {
		t.Errorf("%+v", report)
	}
	before, after := entry("show", 1, "mina"), entry("show", 2, "mina")
	before.Message.Sent = report.At.Add(-time.Second).UnixMilli()
	after.Message.Sent = report.At.Add(time.Second).UnixMilli()
	put(t, s, before, after, entry("show", 3, "jun"))
	if got := ids(messages(t, s, "show", everything)); !slices.Equal(got, numbered(2, 3)) {
		t.Error(got)
	}
	if reports, err := s.Erasures(t.Context()); err != nil || len(reports) != 0 {
		t.Errorf("%+v, %v: there is nothing to settle", reports, err)
	}
	_, err = s.Erase(t.Context(), "")
	want(t, err, store.ErrInvalid)
}

func eraseSpans(t *testing.T, place Place) {
	s := open(t, place)
	for _, n := range []int{0, 30, 60, 300, 330, 4000} {
		put(t, s, entry("show", n, "mina"))
	}
	put(t, s, entry("other", 7, "mina"), entry("show", 2000, "jun"))
	report, err := s.Erase(t.Context(), "mina")
	must(t, err)
	span := func(room string, from, to int) store.Span {
		return store.Span{Room: room, SentFrom: second(from), SentTo: second(to), AtFrom: second(from - 8), AtTo: second(to - 8)}
	}
	want := []store.Span{span("other", 7, 7), span("show", 0, 60), span("show", 300, 330), span("show", 4000, 4000)}
	if !slices.EqualFunc(report.Spans, want, sameSpan) {
		t.Errorf("%+v", report.Spans)
	}
	reports, err := s.Erasures(t.Context())
	if err != nil || len(reports) != 1 || reports[0].ID != report.ID || !slices.EqualFunc(reports[0].Spans, want, sameSpan) || reports[0].Messages != 7 {
		t.Errorf("%+v, %v", reports, err)
	}
	must(t, s.SettleErasure(t.Context(), report.ID))
	if err := s.SettleErasure(t.Context(), report.ID); err == nil {
		t.Error("settled twice")
	}
	if reports, err := s.Erasures(t.Context()); err != nil || len(reports) != 0 {
		t.Errorf("%+v, %v", reports, err)
	}
}

func sameSpan(a, b store.Span) bool {
	return a.Room == b.Room && a.SentFrom.Equal(b.SentFrom) && a.SentTo.Equal(b.SentTo) && a.AtFrom.Equal(b.AtFrom) && a.AtTo.Equal(b.AtTo)
}

func sanctionsOutliveErasure(t *testing.T, place Place) {
	s := open(t, place)
	must(t, s.PutSanction(t.Context(), ban("show", "mina")))
	_, err := s.Erase(t.Context(), "mina")
	must(t, err)
	p := s.Pseudonym("mina")
	if p == s.Pseudonym("jun") || strings.Contains(p, "mina") {
		t.Errorf("pseudonym %q", p)
	}
	got, err := s.Sanctions(t.Context(), store.SanctionQuery{User: "mina"})
	if err != nil || len(got) != 1 || got[0].User != p || got[0].Name+got[0].Reason != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	again := ban("show", "mina")
	again.Reason = "again"
	must(t, s.PutSanction(t.Context(), again)) // in place of the one under the pseudonym
	if got, err := s.Sanctions(t.Context(), store.SanctionQuery{}); err != nil || len(got) != 1 || got[0].Reason != "again" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = s.Erase(t.Context(), "mina")
	must(t, err)
	must(t, s.DeleteSanction(t.Context(), again.ID)) // by their ID, under the pseudonym
	if got, err := s.Sanctions(t.Context(), store.SanctionQuery{}); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
