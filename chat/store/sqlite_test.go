package store_test

import (
	"testing"

	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/chat/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		dir := t.TempDir()
		return func(t *testing.T) store.Store { return open(t, dir) }
	})
}

func open(t testing.TB, dir string) *store.SQLite {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
