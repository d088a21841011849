package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

func readLines(t *testing.T, text string) (lines []store.Line) {
	t.Helper()
	for line := range strings.Lines(text) {
		var l store.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func export(t *testing.T, place Place) {
	s := open(t, place)
	tenEntries(t, s)
	var many []store.Entry
	for n := range 1000 { // several pages, all full
		many = append(many, entry("many", n, "mina"))
	}
	many[7].Message.Text = "a\nb </script> 안녕"
	put(t, s, many...)
	var b bytes.Buffer
	n, err := store.Export(t.Context(), s, "many", store.Query{Limit: 3}, &b)
	lines := readLines(t, b.String())
	if err != nil || n != 1000 || len(lines) != 1000 || lines[7].Message.Text != many[7].Message.Text || lines[999].Message.ID != id(999) {
		t.Errorf("%d, %v, %d lines", n, err, len(lines))
	}
	if strings.Contains(b.String(), "203.0.113.7") {
		t.Error("the address is in it")
	}
	b.Reset()
	n, err = store.Export(t.Context(), s, "many", store.Query{From: second(92), To: second(792)}, &b)
	if lines := readLines(t, b.String()); err != nil || n != 700 || lines[0].Message.ID != id(100) || lines[699].Message.ID != id(799) {
		t.Errorf("%d, %v", n, err)
	}
	b.Reset()
	if _, err := store.Export(t.Context(), s, "show", everything, &b); err != nil {
		t.Error(err)
	}
	lines = readLines(t, b.String())
	if len(lines) != 10 || lines[3].DeletedBy != "host" || !lines[3].DeletedAt.Equal(second(20)) || !lines[5].Shadow || lines[7].Message != nil ||
		!strings.Contains(string(lines[7].Event), message.TypeRoom) {
		t.Errorf("%s", b.String())
	}
	if _, err := store.Export(t.Context(), s, "many", everything, brokenWriter{}); err == nil {
		t.Error("no error from a writer that fails")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("broken pipe") }

func exportOfAPerson(t *testing.T, place Place) {
	s := open(t, place)
	everywhere(t, s, "mina", 10)
	var b bytes.Buffer
	n, err := store.ExportUser(t.Context(), s, "mina", &b)
	lines := readLines(t, b.String())
	var account, messages, events, acts, sanctions int
	for _, l := range lines {
		switch {
		case l.Account != nil:
			account++
		case l.Message != nil:
			if messages++; l.Message.User.ID != "mina" || l.Address != "203.0.113.7" {
				t.Errorf("%+v", l)
			}
		case l.Event != nil:
			events++
		case l.Act != nil:
			acts++
		case l.Sanction != nil:
			sanctions++
		}
	}
	if err != nil || n != len(lines) || account != 1 || messages != 11 || events != 2 || acts != 2 || sanctions != 2 {
		t.Errorf("%d, %v: %d, %d, %d, %d, %d", n, err, account, messages, events, acts, sanctions)
	}
	if strings.Contains(b.String(), "password") {
		t.Error("the password is in it")
	}
	if rooms, err := s.RoomsOf(t.Context(), "mina"); err != nil || !slices.Equal(rooms, []string{"other", "show"}) {
		t.Errorf("%v, %v", rooms, err)
	}
	b.Reset()
	if n, err := store.ExportUser(t.Context(), s, "nobody", &b); err != nil || n != 0 || b.Len() != 0 {
		t.Errorf("%d, %v, %s", n, err, b.String())
	}
}

func openedAgain(t *testing.T, place Place) {
	first := place(t)
	everywhere(t, first, "mina", 10)
	before, pseudonym := dump(t, first), first.Pseudonym("mina")
	must(t, first.Close())
	second := open(t, place)
	if after := dump(t, second); after != before {
		t.Errorf("%s\nwas\n%s", after, before)
	}
	if second.Pseudonym("mina") != pseudonym {
		t.Error("pseudonyms must stay")
	}
}

// openedTwice is what the command line does beside a running server.
func openedTwice(t *testing.T, place Place) {
	first, second := open(t, place), open(t, place)
	put(t, first, entry("show", 1, "mina"))
	put(t, second, entry("show", 2, "jun"))
	for _, s := range []store.Store{first, second} {
		if got := ids(messages(t, s, "show", everything)); !slices.Equal(got, numbered(1, 2)) {
			t.Error(got)
		}
	}
	_, err := second.Erase(t.Context(), "mina")
	must(t, err)
	if got := ids(messages(t, first, "show", everything)); !slices.Equal(got, numbered(2)) {
		t.Error(got)
	}
	if first.Pseudonym("mina") != second.Pseudonym("mina") {
		t.Error("pseudonyms differ")
	}
}

// concurrent writes from two openings, while others read, prune and erase.
func concurrent(t *testing.T, place Place) {
	stores := []store.Store{open(t, place), open(t, place)}
	const writers, batches, size = 4, 6, 10
	var group sync.WaitGroup
	try := func(f func(s store.Store, i int) error) {
		for w := range writers {
			group.Go(func() {
				for i := range batches {
					if err := f(stores[w%2], w*batches+i); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	ctx := t.Context()
	try(func(s store.Store, i int) error {
		var batch []store.Entry
		for n := range size {
			batch = append(batch, entry("show", i*size+n, []string{"mina", "jun"}[n%2]))
		}
		return s.Append(ctx, batch)
	})
	try(func(s store.Store, i int) error {
		page, err := s.Messages(ctx, "show", everything)
		if !slices.IsSorted(ids(page)) {
			err = fmt.Errorf("out of order")
		}
		return err
	})
	try(func(s store.Store, i int) error {
		_, err := s.MarkDeleted(ctx, "show", numbered(i*size), store.Deletion{By: "host", At: start})
		return err
	})
	group.Go(func() {
		if _, err := stores[1].Erase(ctx, "mina"); err != nil {
			t.Error(err)
		}
		if _, err := stores[0].Prune(ctx, start, 100); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	jun := messages(t, stores[0], "show", store.Query{User: "jun", Limit: store.MaxPage})
	mina := messages(t, stores[0], "show", store.Query{User: "mina", Limit: store.MaxPage, Deleted: true})
	if len(jun) != writers*batches*size/2 || len(mina) != 0 {
		t.Errorf("%d and %d messages", len(jun), len(mina))
	}
}

func endedContext(t *testing.T, place Place) {
	s := open(t, place)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"append": s.Append(ctx, []store.Entry{entry("show", 1, "mina")}),
		"save":   s.SaveRoom(ctx, store.Settings{Room: "show", Data: []byte("{}")}),
		"messages": func() error {
			_, err := s.Messages(ctx, "show", store.Query{})
			return err
		}(),
		"erase": func() error {
			_, err := s.Erase(ctx, "mina")
			return err
		}(),
		"prune": func() error {
			_, err := s.Prune(ctx, start, 1)
			return err
		}(),
	} {
		if err != context.Canceled {
			t.Errorf("%s: %v", name, err)
		}
	}
	put(t, s, entry("show", 1, "mina")) // all is well after
}
