package storetest

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

func rooms(t *testing.T, place Place) {
	s := open(t, place)
	_, err := s.Room(t.Context(), "show")
	want(t, err, store.ErrNotFound)
	first := store.Settings{Room: "show", Data: []byte(`{"slow": 10}`), Revision: 1}
	second := store.Settings{Room: "show", Data: []byte(`{"slow": 20}`), Revision: 5}
	must(t, s.SaveRoom(t.Context(), first))
	must(t, s.SaveRoom(t.Context(), second))
	for _, late := range []store.Settings{first, second} {
		want(t, s.SaveRoom(t.Context(), late), store.ErrConflict)
	}
	if got, err := s.Room(t.Context(), "show"); err != nil || !reflect.DeepEqual(got, second) {
		t.Errorf("%+v, %v", got, err)
	}
	other := store.Settings{Room: "another", Data: []byte(`null`)}
	must(t, s.SaveRoom(t.Context(), other))
	if got, err := s.Rooms(t.Context()); err != nil || !reflect.DeepEqual(got, []store.Settings{other, second}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []store.Settings{
		{Data: []byte("{}")}, {Room: "show"}, {Room: "show", Data: []byte("{")}, {Room: "\xff", Data: []byte("{}")},
		{Room: "show", Data: []byte(`"` + strings.Repeat("x", store.MaxSettings) + `"`)},
	} {
		want(t, s.SaveRoom(t.Context(), bad), store.ErrInvalid)
	}
}

func deleteRoom(t *testing.T, place Place) {
	s := open(t, place)
	for _, room := range []string{"show", "other"} {
		var list []store.Entry
		for n := range 510 { // more than a step
			list = append(list, entry(room, n, "mina"))
		}
		put(t, s, list...)
		must(t, s.SaveRoom(t.Context(), store.Settings{Room: room, Data: []byte("{}")}))
		must(t, s.PutSanction(t.Context(), ban(room, "jun")))
		_, err := s.AppendAudit(t.Context(), act{At: start, Room: room, Act: "ban"}.entry())
		must(t, err)
	}
	must(t, s.DeleteRoom(t.Context(), "show"))
	must(t, s.DeleteRoom(t.Context(), "show"))
	for room, there := range map[string]bool{"show": false, "other": true} {
		entries := messages(t, s, room, everything)
		_, settings := s.Room(t.Context(), room)
		list, err := s.Sanctions(t.Context(), store.SanctionQuery{Room: room})
		must(t, err)
		acts, err := s.Audit(t.Context(), store.AuditQuery{Room: room})
		must(t, err)
		if (len(entries) > 0) != there || (settings == nil) != there || (len(list) > 0) != there || (len(acts) > 0) != there {
			t.Errorf("%s: %d entries, %v, %d sanctions, %d acts", room, len(entries), settings, len(list), len(acts))
		}
	}
}

func ban(room, user string) moderation.Sanction {
	return named(moderation.Sanction{
		Room: room, Kind: moderation.Ban, User: user,
		Name: "Name of " + user, At: start.UnixMilli(), By: message.User{ID: "host", Role: message.Host}, Reason: "because of " + user,
	})
}

// named is the sanction with the ID that it must have.
func named(s moderation.Sanction) moderation.Sanction {
	s.ID = moderation.SanctionID(s.Kind, s.Room, s.User, s.Network)
	return s
}

func sanctions(t *testing.T, place Place) {
	s := open(t, place)
	list := func(q store.SanctionQuery) (who string) {
		t.Helper()
		found, err := s.Sanctions(t.Context(), q)
		must(t, err)
		for _, f := range found {
			who += fmt.Sprintf("%s:%s:%s%s ", f.Room, f.Kind, f.User, strings.TrimPrefix(f.Network.String(), "invalid Prefix"))
		}
		return strings.TrimSpace(who)
	}
	everywhere := ban(moderation.AllRooms, "mina")
	timeout := ban("show", "jun")
	timeout.Kind, timeout.Until, timeout.At = moderation.Timeout, second(600).UnixMilli(), second(1).UnixMilli()
	timeout = named(timeout)
	network := ban("show", "")
	network.Network, network.At = netip.MustParsePrefix("203.0.113.77/24"), second(2).UnixMilli()
	for _, sanction := range []moderation.Sanction{everywhere, timeout, network} {
		must(t, s.PutSanction(t.Context(), sanction))
	}
	network.Network = netip.MustParsePrefix("203.0.113.0/24") // as it is kept
	network = named(network)
	got, err := s.Sanctions(t.Context(), store.SanctionQuery{})
	if err != nil || !reflect.DeepEqual(got, []moderation.Sanction{network, timeout, everywhere}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, tt := range []struct {
		q    store.SanctionQuery
		want string
	}{
		{store.SanctionQuery{Room: "show"}, "show:ban:203.0.113.0/24 show:timeout:jun"},
		{store.SanctionQuery{Room: moderation.AllRooms}, "*:ban:mina"},
		{store.SanctionQuery{User: "jun"}, "show:timeout:jun"},
		{store.SanctionQuery{Active: second(599)}, "show:ban:203.0.113.0/24 show:timeout:jun *:ban:mina"},
		{store.SanctionQuery{Active: second(600)}, "show:ban:203.0.113.0/24 *:ban:mina"},
		{store.SanctionQuery{Limit: 1}, "show:ban:203.0.113.0/24"},
		{store.SanctionQuery{Limit: 1, Offset: 2}, "*:ban:mina"},
	} {
		if got := list(tt.q); got != tt.want {
			t.Errorf("%+v: %s; want %s", tt.q, got, tt.want)
		}
	}
	timeout.Until, timeout.Reason = 0, "again" // in place of the first
	must(t, s.PutSanction(t.Context(), timeout))
	if got, err := s.Sanctions(t.Context(), store.SanctionQuery{User: "jun"}); err != nil || !reflect.DeepEqual(got, []moderation.Sanction{timeout}) {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, s.DeleteSanction(t.Context(), "ban:show:203.0.113.9/24"))
	want(t, s.DeleteSanction(t.Context(), network.ID), store.ErrNotFound)
	want(t, s.DeleteSanction(t.Context(), "shadow:show:jun"), store.ErrNotFound)
	for _, bad := range []string{"", "ban", "ban:show:", "hug:show:jun"} {
		want(t, s.DeleteSanction(t.Context(), bad), store.ErrInvalid)
	}
	if got := list(store.SanctionQuery{}); got != "show:timeout:jun *:ban:mina" {
		t.Error(got)
	}
	both := ban("show", "jun")
	both.Network = network.Network
	kind := ban("show", "jun")
	kind.Kind = "hug"
	undated := ban("show", "jun")
	undated.At = 0
	long := ban("show", "jun")
	long.Reason = strings.Repeat("x", store.MaxReason+1)
	for _, bad := range []moderation.Sanction{both, kind, undated, long, ban("", "jun"), ban("show", ""), ban("show", "\xff")} {
		want(t, s.PutSanction(t.Context(), bad), store.ErrInvalid)
	}
}

// act is an entry of the audit log, in short.
type act struct {
	At                                                                          time.Time
	Room, Act, Actor, ActorName, User, UserName, Network, Message, Reason, Text string
	Via, Done                                                                   string
	Options                                                                     []string
	Seconds                                                                     int64
}

func (a act) entry() moderation.Entry {
	e := moderation.Entry{
		Room: a.Room, By: message.User{ID: a.Actor, Name: a.ActorName}, Via: a.Via, Name: a.UserName, Done: a.Done,
		Action: moderation.Action{
			Room: a.Room, Kind: a.Act, User: a.User, Network: a.Network, Message: a.Message, Reason: a.Reason,
			Text: a.Text, Options: a.Options, Seconds: a.Seconds,
		},
	}
	if !a.At.IsZero() {
		e.At = a.At.UnixMilli()
	}
	return e
}

// number is the ID of an entry of the audit log, which is a number.
func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	must(t, err)
	return n
}

func audit(t *testing.T, place Place) {
	s := open(t, place)
	var acts []moderation.Entry
	for n, a := range []act{
		{Room: "show", Act: "ban", Actor: "host", ActorName: "Host", User: "mina", UserName: "Mina",
			Network: "203.0.113.7/32", Message: id(1), Reason: "스팸", Via: "rest", Done: "banned", Seconds: 600, Options: []string{"a"}, Text: "text"},
		{Room: "show", Act: "slow", Actor: "mina"},
		{Room: "other", Act: "ban", Actor: "host", User: "jun"},
		{Room: moderation.AllRooms, Act: "ban", Actor: "jun", User: "host"},
	} {
		a.At = second(n)
		e := a.entry()
		e.ID, _ = s.AppendAudit(t.Context(), e)
		if n > 0 && number(t, e.ID) <= number(t, acts[n-1].ID) {
			t.Errorf("act %d has number %s", n, e.ID)
		}
		acts = append(acts, e)
	}
	for _, tt := range []struct {
		name string
		q    store.AuditQuery
		want []int
	}{
		{"all", store.AuditQuery{}, []int{3, 2, 1, 0}},
		{"room", store.AuditQuery{Room: "show"}, []int{1, 0}},
		{"user", store.AuditQuery{User: "mina"}, []int{1, 0}},
		{"act", store.AuditQuery{Act: "ban"}, []int{3, 2, 0}},
		{"time", store.AuditQuery{From: second(1), To: second(3)}, []int{2, 1}},
		{"user and act", store.AuditQuery{User: "host", Act: "ban", Room: "other"}, []int{2}},
		{"page", store.AuditQuery{Limit: 2}, []int{3, 2}},
		{"next page", store.AuditQuery{Limit: 2, Before: number(t, acts[2].ID)}, []int{1, 0}},
		{"none", store.AuditQuery{Room: "none"}, nil},
	} {
		got, err := s.Audit(t.Context(), tt.q)
		var expected []moderation.Entry
		for _, n := range tt.want {
			expected = append(expected, acts[n])
		}
		if err != nil || !reflect.DeepEqual(got, expected) {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, expected)
		}
	}
	for _, bad := range []act{
		{Room: "show", Act: "ban"}, {At: start, Act: "ban"}, {At: start, Room: "show"}, {At: start, Room: "show", Act: "ban", Text: strings.Repeat("x", store.MaxDetail)},
		{At: start, Room: "show", Act: "ban", Reason: strings.Repeat("x", store.MaxReason+1)}, {At: start, Room: "show", Act: "ban", UserName: "\xff"},
	} {
		_, err := s.AppendAudit(t.Context(), bad.entry())
		want(t, err, store.ErrInvalid)
	}
}

func accounts(t *testing.T, place Place) {
	s := open(t, place)
	account := func(id, name string) identity.Account {
		return identity.Account{ID: id, Name: name, Key: strings.ToLower(name), Password: "hash of " + identity.PasswordHash(id),
			Role: message.Moderator, Color: "#ff5fa2", Created: start.UTC()}
	}
	mina, jun := account("a1", "Mina"), account("a2", "Jun")
	must(t, s.CreateAccount(t.Context(), mina))
	must(t, s.CreateAccount(t.Context(), jun))
	want(t, s.CreateAccount(t.Context(), account("a1", "Other")), identity.ErrNameTaken)
	want(t, s.CreateAccount(t.Context(), account("a3", "MINA")), identity.ErrNameTaken)
	if got, err := s.Account(t.Context(), "a1"); err != nil || got != mina {
		t.Errorf("%+v, %v", got, err)
	}
	mina.Name, mina.Key, mina.Disabled, mina.Role, mina.Password = "Mina2", "mina2", true, message.Host, "new"
	changed := mina
	changed.Created = second(50) // not taken
	must(t, s.UpdateAccount(t.Context(), changed))
	jun.Key = "mina2"
	want(t, s.UpdateAccount(t.Context(), jun), identity.ErrNameTaken)
	jun.Key = "jun"
	want(t, s.UpdateAccount(t.Context(), account("a9", "Nobody")), identity.ErrNoAccount)
	if got, err := s.Accounts(t.Context(), "", 0); err != nil || !reflect.DeepEqual(got, []identity.Account{mina, jun}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Accounts(t.Context(), "a1", 1); err != nil || !reflect.DeepEqual(got, []identity.Account{jun}) {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, s.DeleteAccount(t.Context(), "a2"))
	want(t, s.DeleteAccount(t.Context(), "a2"), identity.ErrNoAccount)
	_, err := s.Account(t.Context(), "a2")
	want(t, err, identity.ErrNoAccount)
	for _, bad := range []func(*identity.Account){
		func(a *identity.Account) { a.ID = "" }, func(a *identity.Account) { a.Key = "" }, func(a *identity.Account) { a.Role = "king" },
		func(a *identity.Account) { a.Name = "\xff" }, func(a *identity.Account) { a.Created = time.Time{} },
	} {
		a := account("a4", "Sora")
		bad(&a)
		if err := s.CreateAccount(t.Context(), a); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", mina, mina, mina.Password); strings.Contains(text, `"new"`) || strings.Contains(text, "{new") {
		t.Errorf("%s shows the password's hash", text)
	}
}
