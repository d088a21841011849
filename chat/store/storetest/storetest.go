// Package storetest is what every store.Store must do.
package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// Place is where one store is kept: it opens that store, as often as it is called.
type Place func(t *testing.T) store.Store

// Run checks a store. create makes a place with nothing in it, for each of the checks.
// Place should fail the test if the store can't be opened; what it opens is closed by
// the checks.
func Run(t *testing.T, create func(t *testing.T) Place) {
	checks := []struct {
		name  string
		check func(*testing.T, Place)
	}{
		{"append and read", appendAndRead},
		{"append encoded", appendEncoded},
		{"append twice", appendTwice},
		{"append all or none", appendAllOrNone},
		{"queries", queries},
		{"pages of IDs", pagesOfIDs},
		{"pages of times", pagesOfTimes},
		{"pages while others write", pagesWhileOthersWrite},
		{"unicode", unicode},
		{"limits", limits},
		{"delete messages", deleteMessages},
		{"delete a user's messages", deleteUsersMessages},
		{"delete before it is written", deleteBeforeItIsWritten},
		{"rooms", rooms},
		{"delete a room", deleteRoom},
		{"sanctions", sanctions},
		{"audit", audit},
		{"accounts", accounts},
		{"prune", prune},
		{"erase", erase},
		{"erase keeps others", eraseKeepsOthers},
		{"erase what is on its way", eraseWhatIsOnItsWay},
		{"erase spans", eraseSpans},
		{"sanctions outlive erasure", sanctionsOutliveErasure},
		{"export", export},
		{"export of a person", exportOfAPerson},
		{"opened again", openedAgain},
		{"opened twice", openedTwice},
		{"concurrent", concurrent},
		{"ended context", endedContext},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, create(t))
		})
	}
}

func open(t *testing.T, place Place) store.Store {
	t.Helper()
	s := place(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// start is the time of entry 0; entries are a second apart.
var start = time.UnixMilli(1_795_000_000_000)

func second(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

func id(n int) string { return fmt.Sprintf("m%06d", n) }

// entry is the nth message of the room: sent at second n, at a picture of 8 s before.
func entry(room string, n int, user string) store.Entry {
	return store.Entry{
		Room: room,
		Message: message.Message{
			ID: id(n), Text: fmt.Sprintf("text %d of %s", n, user), At: second(n - 8).UnixMilli(), Sent: second(n).UnixMilli(),
			User: message.User{ID: user, Name: "Name of " + user, Role: message.Member},
		},
		Address: netip.MustParseAddr("203.0.113.7"),
	}
}

// event is the nth entry of the room, and no message.
func event(room string, n int, kind string, data any) store.Entry {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return store.Entry{Room: room, Kind: kind, Event: text,
		Message: message.Message{ID: id(n), At: second(n).UnixMilli(), Sent: second(n).UnixMilli()}}
}

func put(t *testing.T, s store.Store, entries ...store.Entry) {
	t.Helper()
	if err := s.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func messages(t *testing.T, s store.Store, room string, q store.Query) []store.Entry {
	t.Helper()
	entries, err := s.Messages(t.Context(), room, q)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func ids(entries []store.Entry) []string {
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Message.ID)
	}
	return list
}

// numbered are the IDs of these numbers.
func numbered(numbers ...int) []string {
	list := []string{}
	for _, n := range numbers {
		list = append(list, id(n))
	}
	return list
}

// everything wants all entries of all kinds.
var everything = store.Query{Limit: store.MaxPage, Deleted: true, Shadow: true, Events: true}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%v; want %v", err, target)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
