package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

func appendAndRead(t *testing.T, place Place) {
	s := open(t, place)
	full := entry("show", 1, "mina")
	full.Message.User = message.User{ID: "mina", Name: "Mina", Role: message.Host, Color: "#ff5fa2", Bot: true}
	full.Message.Reply = &message.Quote{ID: id(0), User: "jun", Name: "Jun", Text: "hello"}
	full.Message.Mentions, full.Message.Announcement = []string{"jun", "sora"}, true
	full.Shadow, full.Deleted = true, &store.Deletion{By: "filter", At: second(2)}
	plain := entry("show", 2, "jun")
	plain.Address = plain.Address.Prev().Next()
	wave := event("show", 3, message.TypeWave, message.Wave{Type: "wave", Color: "#ff5fa2", At: 9})
	wave.Message.User.ID = "mina"
	put(t, s)
	put(t, s, full, plain, wave)
	for _, want := range []store.Entry{full, plain, wave} {
		got, err := s.Message(t.Context(), "show", want.Message.ID)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	if got := messages(t, s, "show", everything); !reflect.DeepEqual(got, []store.Entry{full, plain, wave}) {
		t.Errorf("%+v", got)
	}
	_, err := s.Message(t.Context(), "show", id(4))
	want(t, err, store.ErrNotFound)
	_, err = s.Message(t.Context(), "other", id(1))
	want(t, err, store.ErrNotFound)
	if got := messages(t, s, "other", everything); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// appendEncoded gives the store a message's encoding as well, which it keeps as it is.
func appendEncoded(t *testing.T, place Place) {
	s := open(t, place)
	want := entry("show", 1, "mina")
	given := want
	given.Event = []byte(strings.Replace(string(mustJSON(want.Message)), want.Message.Text, "as it was sent", 1))
	want.Message.Text = "as it was sent"
	put(t, s, given)
	if got, err := s.Message(t.Context(), "show", id(1)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func appendTwice(t *testing.T, place Place) {
	s := open(t, place)
	put(t, s, entry("show", 1, "mina"), entry("show", 2, "mina"))
	other := entry("show", 2, "jun")
	put(t, s, other, entry("show", 3, "mina"), entry("show", 3, "mina"), entry("other", 2, "mina"))
	if got := ids(messages(t, s, "show", everything)); !slices.Equal(got, numbered(1, 2, 3)) {
		t.Error(got)
	}
	if got, err := s.Message(t.Context(), "show", id(2)); err != nil || got.Message.User.ID != "mina" {
		t.Errorf("%+v, %v: the first must stay", got, err)
	}
}

func appendAllOrNone(t *testing.T, place Place) {
	s := open(t, place)
	bad := entry("show", 2, "mina")
	bad.Room = ""
	want(t, s.Append(t.Context(), []store.Entry{entry("show", 1, "mina"), bad}), store.ErrInvalid)
	if got := messages(t, s, "show", everything); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// tenEntries are messages of two users by turns, but 3 is deleted, 5 shadowed, and 7
// an event.
func tenEntries(t *testing.T, s store.Store) {
	t.Helper()
	var list []store.Entry
	for n := range 10 {
		e := entry("show", n, []string{"mina", "jun"}[n%2])
		switch n {
		case 3:
			e.Deleted = &store.Deletion{By: "host", At: second(20)}
		case 5:
			e.Shadow = true
		case 7:
			e = event("show", 7, message.TypeRoom, message.Room{Type: "room"})
			e.Message.At = second(7 - 8).UnixMilli()
		}
		list = append(list, e)
	}
	put(t, s, list...)
	put(t, s, entry("other", 4, "mina"))
}

func queries(t *testing.T, place Place) {
	s := open(t, place)
	tenEntries(t, s)
	at := func(n int) time.Time { return second(n - 8) }
	tests := []struct {
		name string
		q    store.Query
		want []int
	}{
		{"the newest", store.Query{Limit: 3}, []int{6, 8, 9}},
		{"the oldest", store.Query{Limit: 3, Forward: true}, []int{0, 1, 2}},
		{"what everybody saw", store.Query{}, []int{0, 1, 2, 4, 6, 8, 9}},
		{"deleted", store.Query{Deleted: true}, []int{0, 1, 2, 3, 4, 6, 8, 9}},
		{"shadowed", store.Query{Shadow: true}, []int{0, 1, 2, 4, 5, 6, 8, 9}},
		{"events", store.Query{Events: true}, []int{0, 1, 2, 4, 6, 7, 8, 9}},
		{"everything", everything, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"before", store.Query{Before: id(4), Limit: 2}, []int{1, 2}},
		{"before, the oldest", store.Query{Before: id(4), Limit: 2, Forward: true}, []int{0, 1}},
		{"after", store.Query{After: id(4), Limit: 2, Forward: true}, []int{6, 8}},
		{"after, the newest", store.Query{After: id(4), Limit: 2}, []int{8, 9}},
		{"between", store.Query{After: id(1), Before: id(8)}, []int{2, 4, 6}},
		{"an ID that is not there", store.Query{After: id(1) + "x", Before: id(3)}, []int{2}},
		{"user", store.Query{User: "jun"}, []int{1, 9}},
		{"user, all of it", store.Query{User: "jun", Deleted: true, Shadow: true}, []int{1, 3, 5, 9}},
		{"user after", store.Query{User: "mina", After: id(2), Forward: true, Limit: 2}, []int{4, 6}},
		{"nobody", store.Query{User: "nobody"}, nil},
		{"from", store.Query{From: at(6)}, []int{6, 8, 9}},
		{"to", store.Query{To: at(4)}, []int{0, 1, 2}},
		{"from and to", store.Query{From: at(2), To: at(6)}, []int{2, 4}},
		{"from and to, the newest", store.Query{From: at(1), To: at(6), Limit: 1}, []int{4}},
		{"user from", store.Query{User: "mina", From: at(3)}, []int{4, 6, 8}},
		{"from after", store.Query{From: at(4), After: id(4), Forward: true, Limit: 2}, []int{6, 8}},
		{"to before", store.Query{To: at(4), Before: id(4)}, []int{0, 1, 2}},
		{"to before the next ID", store.Query{To: at(4), Before: id(5)}, []int{0, 1, 2, 4}},
		{"nothing in between", store.Query{From: at(5), To: at(5)}, nil},
	}
	for _, tt := range tests {
		if got := ids(messages(t, s, "show", tt.q)); !slices.Equal(got, numbered(tt.want...)) {
			t.Errorf("%s: %v; want %v", tt.name, got, tt.want)
		}
	}
	for name, q := range map[string]store.Query{
		"limit":          {Limit: store.MaxPage + 1},
		"negative limit": {Limit: -1},
		"long ID":        {After: strings.Repeat("x", store.MaxID+1)},
		"not UTF-8":      {User: "\xff"},
	} {
		if _, err := s.Messages(t.Context(), "show", q); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	_, err := s.Messages(t.Context(), "", store.Query{})
	want(t, err, store.ErrInvalid)
}

// pages reads all pages, forward and backward.
func pages(t *testing.T, s store.Store, q store.Query, limit int) (forward, backward []string) {
	t.Helper()
	q.Limit = limit
	forward, backward = []string{}, []string{}
	for q := q; ; {
		q.Forward = true
		page := messages(t, s, "show", q)
		if forward = append(forward, ids(page)...); len(page) < limit {
			break
		}
		q = q.Next(&page[len(page)-1])
	}
	for {
		page := messages(t, s, "show", q)
		if backward = append(ids(page), backward...); len(page) < limit {
			return forward, backward
		}
		q = q.Previous(&page[0])
	}
}

func pagesOfIDs(t *testing.T, place Place) {
	s := open(t, place)
	tenEntries(t, s)
	for limit := 1; limit <= 11; limit++ {
		all := numbered(0, 1, 2, 4, 6, 8, 9)
		if forward, backward := pages(t, s, store.Query{}, limit); !slices.Equal(forward, all) || !slices.Equal(backward, all) {
			t.Errorf("by %d: %v, %v", limit, forward, backward)
		}
	}
}

func pagesOfTimes(t *testing.T, place Place) {
	s := open(t, place)
	var list []store.Entry
	for n := range 12 { // three have each time, and later IDs have earlier times
		e := entry("show", n, "mina")
		e.Message.At = second(-n / 3).UnixMilli()
		list = append(list, e)
	}
	put(t, s, list...)
	q := store.Query{From: second(-2), To: second(1)}
	all := numbered(6, 7, 8, 3, 4, 5, 0, 1, 2)
	for limit := 1; limit <= 10; limit++ {
		if forward, backward := pages(t, s, q, limit); !slices.Equal(forward, all) || !slices.Equal(backward, all) {
			t.Errorf("by %d: %v, %v", limit, forward, backward)
		}
	}
}

// pagesWhileOthersWrite: nothing comes twice, and nothing that was there is passed over.
func pagesWhileOthersWrite(t *testing.T, place Place) {
	s := open(t, place)
	const count = 40
	for n := range count {
		put(t, s, entry("show", 2*n, "mina"))
	}
	var got []string
	q := store.Query{Limit: 3, Forward: true}
	for n := 0; ; n++ {
		page := messages(t, s, "show", q)
		got = append(got, ids(page)...)
		if len(page) < q.Limit {
			break
		}
		put(t, s, entry("show", 2*n+1, "jun")) // some before where we are, some after
		q = q.Next(&page[len(page)-1])
	}
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("out of order or double: %v", got)
	}
	for n := range count {
		if !slices.Contains(got, id(2*n)) {
			t.Errorf("%s is missing", id(2*n))
		}
	}
}

func unicode(t *testing.T, place Place) {
	s := open(t, place)
	for n, text := range []string{
		"안녕하세요 여러분", "👩‍👩‍👧‍👦👍🏽🇰🇷", "e\u0301 \u202bשלום\u202c", "مرحبا", "𝔘𝔫𝔦", "a\u0000b", "it's \"quoted\" \\ and </script>",
		"'; DROP TABLE entries; --", "%_*?", "\u2028\u2029", "\ufeff",
	} {
		e := entry("쇼-"+text, n, "user "+text)
		e.Message.Text, e.Message.User.Name = text, text
		put(t, s, e)
		got, err := s.Message(t.Context(), e.Room, e.Message.ID)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if got := ids(messages(t, s, e.Room, store.Query{User: "user " + text})); !slices.Equal(got, numbered(n)) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func limits(t *testing.T, place Place) {
	s := open(t, place)
	change := func(f func(*store.Entry)) store.Entry {
		e := entry("show", 1, "mina")
		f(&e)
		return e
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, e := range map[string]store.Entry{
		"no room":          change(func(e *store.Entry) { e.Room = "" }),
		"long room":        change(func(e *store.Entry) { e.Room = long(store.MaxSubject + 1) }),
		"no ID":            change(func(e *store.Entry) { e.Message.ID = "" }),
		"long ID":          change(func(e *store.Entry) { e.Message.ID = long(store.MaxID + 1) }),
		"long text":        change(func(e *store.Entry) { e.Message.Text = long(store.MaxMessage + 1) }),
		"many mentions":    change(func(e *store.Entry) { e.Message.Mentions = strings.Fields(strings.Repeat("x ", store.MaxMessage)) }),
		"long quote":       change(func(e *store.Entry) { e.Message.Reply = &message.Quote{Text: long(store.MaxMessage)} }),
		"long name":        change(func(e *store.Entry) { e.Message.User.Name = long(store.MaxName + 1) }),
		"not UTF-8":        change(func(e *store.Entry) { e.Message.Text = "a\xffb" }),
		"quote not UTF-8":  change(func(e *store.Entry) { e.Message.Reply = &message.Quote{Name: "\xff"} }),
		"time":             change(func(e *store.Entry) { e.Message.At = -1 }),
		"far time":         change(func(e *store.Entry) { e.Message.Sent = 1 << 60 }),
		"event":            change(func(e *store.Entry) { e.Kind = "room" }),
		"event is no JSON": change(func(e *store.Entry) { e.Kind, e.Event = "room", []byte("{") }),
		"long event":       change(func(e *store.Entry) { e.Kind, e.Event = "room", []byte(`"`+long(store.MaxMessage)+`"`) }),
		"deletion":         change(func(e *store.Entry) { e.Deleted = &store.Deletion{} }),
	} {
		if err := s.Append(t.Context(), []store.Entry{e}); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			want(t, err, store.ErrInvalid)
		}
	}
	want(t, s.Append(t.Context(), make([]store.Entry, store.MaxEntries+1)), store.ErrInvalid)
	largest := change(func(e *store.Entry) {
		e.Message.Text, e.Message.User.Name = long(store.MaxMessage-store.MaxName), long(store.MaxName)
	})
	put(t, s, largest)
	if got := messages(t, s, "show", everything); len(got) != 1 || got[0].Message.Text != largest.Message.Text {
		t.Errorf("%d entries", len(got))
	}
	var page []store.Entry
	for n := range store.MaxPage + 1 {
		page = append(page, entry("full", n, fmt.Sprint("user ", n)))
	}
	put(t, s, page...)
	if got := messages(t, s, "full", everything); len(got) != store.MaxPage || got[0].Message.ID != id(1) {
		t.Errorf("%d entries", len(got))
	}
	if got := messages(t, s, "full", store.Query{}); len(got) != store.DefaultPage {
		t.Errorf("%d entries", len(got))
	}
}

func deleteMessages(t *testing.T, place Place) {
	s := open(t, place)
	tenEntries(t, s)
	d := store.Deletion{By: "moderator", At: second(30)}
	n, err := s.MarkDeleted(t.Context(), "show", numbered(1, 2, 3, 7, 99), d)
	if err != nil || n != 2 {
		t.Errorf("%d, %v; 3 was deleted before, 7 is no message", n, err)
	}
	if got := ids(messages(t, s, "show", store.Query{})); !slices.Equal(got, numbered(0, 4, 6, 8, 9)) {
		t.Error(got)
	}
	got, err := s.Message(t.Context(), "show", id(1))
	if err != nil || got.Deleted == nil || *got.Deleted != d || got.Message.Text != "text 1 of jun" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Message(t.Context(), "show", id(3)); err != nil || got.Deleted.By != "host" {
		t.Errorf("%+v, %v: the first who deleted it must stay", got, err)
	}
	for _, bad := range []struct {
		room string
		ids  []string
		d    store.Deletion
	}{{"", numbered(1), d}, {"show", []string{""}, d}, {"show", numbered(1), store.Deletion{}}, {"show", []string{"\xff"}, d},
		{"show", make([]string, store.MaxEntries+1), d}} {
		_, err := s.MarkDeleted(t.Context(), bad.room, bad.ids, bad.d)
		want(t, err, store.ErrInvalid)
	}
}

func deleteUsersMessages(t *testing.T, place Place) {
	s := open(t, place)
	tenEntries(t, s)
	n, err := s.MarkUserDeleted(t.Context(), "show", "mina", store.Deletion{By: "moderator", At: second(6)})
	if err != nil || n != 4 {
		t.Errorf("%d, %v", n, err)
	}
	if got := ids(messages(t, s, "show", store.Query{})); !slices.Equal(got, numbered(1, 8, 9)) {
		t.Errorf("%v: what was sent later must stay", got)
	}
	if got := ids(messages(t, s, "other", store.Query{})); !slices.Equal(got, numbered(4)) {
		t.Errorf("%v: another room", got)
	}
	_, err = s.MarkUserDeleted(t.Context(), "show", "", store.Deletion{By: "moderator", At: second(6)})
	want(t, err, store.ErrInvalid)
}

// deleteBeforeItIsWritten: batches come late, and from several servers.
func deleteBeforeItIsWritten(t *testing.T, place Place) {
	s := open(t, place)
	d := store.Deletion{By: "moderator", At: second(5)}
	if n, err := s.MarkDeleted(t.Context(), "show", numbered(1), d); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if n, err := s.MarkUserDeleted(t.Context(), "show", "jun", d); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	put(t, s, entry("show", 1, "mina"), entry("other", 1, "mina"), entry("show", 5, "jun"), entry("show", 6, "jun"), entry("other", 2, "jun"))
	if got := ids(messages(t, s, "show", store.Query{})); !slices.Equal(got, numbered(6)) {
		t.Error(got)
	}
	if got := ids(messages(t, s, "other", store.Query{})); !slices.Equal(got, numbered(1, 2)) {
		t.Error(got)
	}
	if got, err := s.Message(t.Context(), "show", id(1)); err != nil || got.Deleted == nil || *got.Deleted != d {
		t.Errorf("%+v, %v", got, err)
	}
}
