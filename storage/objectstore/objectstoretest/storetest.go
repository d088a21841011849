package objectstoretest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/storage/objectstore"
)

// Run checks a store. create makes an empty one, for each of the checks.
func Run(t *testing.T, create func(t *testing.T) objectstore.Store) {
	checks := []struct {
		name  string
		check func(*testing.T, objectstore.Store)
	}{
		{"put and get", putAndGet},
		{"body from its beginning", bodyFromItsBeginning},
		{"ranges", ranges},
		{"overwrite", overwrite},
		{"empty object", emptyObject},
		{"large object", largeObject},
		{"missing", missing},
		{"list", list},
		{"list many", listMany},
		{"delete", deletes},
		{"bad keys", badKeys},
		{"unusual keys", unusualKeys},
		{"attributes", attributes},
		{"concurrent puts and gets", concurrent},
		{"concurrent puts and deletes", putsAndDeletes},
		{"ended context", endedContext},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.check(t, create(t)) })
	}
}

func put(t *testing.T, s objectstore.Store, key, body string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(body), objectstore.Attributes{}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s objectstore.Store, key string, r objectstore.Range) (string, objectstore.Info) {
	t.Helper()
	body, info, err := s.Get(t.Context(), key, r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b), info
}

func wantMissing(t *testing.T, s objectstore.Store, key string) {
	t.Helper()
	body, _, err := s.Get(t.Context(), key, objectstore.Range{})
	if !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("get %q: %v, want ErrNotFound", key, err)
	}
	if err == nil {
		body.Close()
	}
}

func keys(t *testing.T, s objectstore.Store, prefix string) []string {
	t.Helper()
	var found []string
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, info.Key)
	}
	return found
}

func putAndGet(t *testing.T, s objectstore.Store) {
	put(t, s, "live/show/12.m4s", "moof mdat")
	body, info := get(t, s, "live/show/12.m4s", objectstore.Range{})
	if body != "moof mdat" || info.Key != "live/show/12.m4s" || info.Size != 9 {
		t.Errorf("%q, %+v", body, info)
	}
	if age := time.Since(info.Modified); age < -time.Minute || age > time.Minute {
		t.Errorf("modified %v", info.Modified)
	}
}

func bodyFromItsBeginning(t *testing.T, s objectstore.Store) {
	body := strings.NewReader("read before")
	if _, err := io.ReadAll(body); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Put(t.Context(), "key", body, objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
		if got, _ := get(t, s, "key", objectstore.Range{}); got != "read before" {
			t.Errorf("%q", got)
		}
	}
}

func ranges(t *testing.T, s objectstore.Store) {
	put(t, s, "key", "0123456789")
	for _, tt := range []struct {
		r    objectstore.Range
		want string
	}{
		{objectstore.Range{}, "0123456789"},
		{objectstore.Range{Length: 4}, "0123"},
		{objectstore.Range{Length: 10}, "0123456789"},
		{objectstore.Range{Length: 99}, "0123456789"},
		{objectstore.Range{Offset: 3}, "3456789"},
		{objectstore.Range{Offset: 3, Length: 2}, "34"},
		{objectstore.Range{Offset: 9, Length: 1}, "9"},
		{objectstore.Range{Offset: 9, Length: 99}, "9"},
	} {
		if got, info := get(t, s, "key", tt.r); got != tt.want || info.Size != 10 {
			t.Errorf("%+v: %q of %d bytes, want %q", tt.r, got, info.Size, tt.want)
		}
	}
	for _, r := range []objectstore.Range{{Offset: 10}, {Offset: 11, Length: 1}, {Offset: -1}, {Length: -1}} {
		if _, _, err := s.Get(t.Context(), "key", r); !errors.Is(err, objectstore.ErrRange) {
			t.Errorf("%+v: %v, want ErrRange", r, err)
		}
	}
	if _, _, err := s.Get(t.Context(), "none", objectstore.Range{Offset: 1}); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("a range of nothing: %v", err)
	}
}

func overwrite(t *testing.T, s objectstore.Store) {
	for _, body := range []string{"the first, which is longer", "the second", ""} {
		put(t, s, "live/key", body)
		if got, info := get(t, s, "live/key", objectstore.Range{}); got != body || info.Size != int64(len(body)) {
			t.Errorf("%q of %d bytes, want %q", got, info.Size, body)
		}
	}
	if found := keys(t, s, ""); len(found) != 1 {
		t.Errorf("there are %q", found)
	}
}

func emptyObject(t *testing.T, s objectstore.Store) {
	put(t, s, "empty", "")
	if got, info := get(t, s, "empty", objectstore.Range{}); got != "" || info.Size != 0 {
		t.Errorf("%q, %+v", got, info)
	}
}

func largeObject(t *testing.T, s objectstore.Store) {
	data := random(17 << 20)
	if err := s.Put(t.Context(), "large", bytes.NewReader(data), objectstore.Attributes{}); err != nil {
		t.Fatal(err)
	}
	whole, info := get(t, s, "large", objectstore.Range{})
	if info.Size != int64(len(data)) || sha256.Sum256([]byte(whole)) != sha256.Sum256(data) {
		t.Errorf("%d of %d bytes came back, or others", len(whole), len(data))
	}
	r := objectstore.Range{Offset: 16<<20 - 5, Length: 11}
	if got, _ := get(t, s, "large", r); got != string(data[r.Offset:r.Offset+r.Length]) {
		t.Error("a range of it is another")
	}
}

// random makes bytes that compress badly; the same ones each time.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func missing(t *testing.T, s objectstore.Store) {
	wantMissing(t, s, "nothing")
	wantMissing(t, s, "no/such/directory")
	put(t, s, "a/b", "x")
	wantMissing(t, s, "a")
	wantMissing(t, s, "a/b/c")
	if found := keys(t, s, "none/"); len(found) > 0 {
		t.Errorf("below nothing there is %q", found)
	}
}

func list(t *testing.T, s objectstore.Store) {
	all := []string{"a!/x", "a-b", "a/b", "a/c/1", "a/c/10", "a/c/2", "a0", "b", "Ü/ä", "日本/語"}
	for _, i := range rand.Perm(len(all)) {
		put(t, s, all[i], all[i])
	}
	for prefix, want := range map[string][]string{
		"":       all,
		"a":      all[:7],
		"a/":     {"a/b", "a/c/1", "a/c/10", "a/c/2"},
		"a/c":    {"a/c/1", "a/c/10", "a/c/2"},
		"a/c/1":  {"a/c/1", "a/c/10"},
		"b":      {"b"},
		"b/":     nil,
		"c":      nil,
		"日本/":    {"日本/語"},
		"a/c/1/": nil,
	} {
		if got := keys(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("prefix %q: %q, want %q", prefix, got, want)
		}
	}
	for info, err := range s.List(t.Context(), "") {
		if err != nil || info.Size != int64(len(info.Key)) || info.Modified.IsZero() {
			t.Errorf("%+v, %v", info, err)
		}
		break // those who stop early get no more
	}
}

// listMany needs more than one page of S3.
func listMany(t *testing.T, s objectstore.Store) {
	const n = 1100
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("many/%04d", i))
		put(t, s, want[i], "")
	}
	if got := keys(t, s, "many/"); !slices.Equal(got, want) {
		t.Errorf("%d of %d keys are listed", len(got), n)
	}
	if err := s.Delete(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s, ""); len(got) > 0 {
		t.Errorf("%d keys are left", len(got))
	}
}

func deletes(t *testing.T, s objectstore.Store) {
	for _, key := range []string{"a/1", "a/2", "a/b/c/d", "z"} {
		put(t, s, key, "x")
	}
	if err := s.Delete(t.Context(), "a/1", "a/b/c/d", "none", "no/such", "z/below", "a"); err != nil {
		t.Error(err)
	}
	if got := keys(t, s, ""); !slices.Equal(got, []string{"a/2", "z"}) {
		t.Errorf("left: %q", got)
	}
	wantMissing(t, s, "a/1")
	if err := errors.Join(s.Delete(t.Context()), s.Delete(t.Context(), "a/1")); err != nil {
		t.Error(err)
	}
	put(t, s, "a/b", "once a directory")
	if got, _ := get(t, s, "a/b", objectstore.Range{}); got != "once a directory" {
		t.Errorf("%q", got)
	}
}
