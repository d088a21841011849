package objectstore_test

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/objectstoretest"
)

func TestMemory(t *testing.T) {
	objectstoretest.Run(t, func(*testing.T) objectstore.Store { return objectstore.NewMemory() })
}

// Every method judges a key alike, and one that is accepted is a path that stays below
// the directory which it is joined with.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{"a/b", "../x", "/", "a\x00", ".tmp/x", "日本/語", `a\..\b`, "a//b", "...", "~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		m := objectstore.NewMemory()
		bad := objectstore.CheckKey(key) != nil
		if !bad && (!filepath.IsLocal(key) || path.Clean(key) != key) {
			t.Fatalf("%q is accepted", key)
		}
		err := m.Put(t.Context(), key, strings.NewReader(key), objectstore.Attributes{})
		if bad != errors.Is(err, objectstore.ErrKey) || (err != nil && !bad) {
			t.Fatalf("put %q: %v", key, err)
		}
		if !bad {
			if body, info, err := m.Get(t.Context(), key, objectstore.Range{}); err != nil || info.Size != int64(len(key)) {
				t.Fatalf("get %q: %v", key, err)
			} else {
				body.Close()
			}
			if err := m.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range m.List(t.Context(), key) {
			if err != nil && !errors.Is(err, objectstore.ErrKey) {
				t.Fatalf("list %q: %v", key, err)
			}
		}
	})
}
