package objectstoretest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/globalfandom/lightstick/storage/objectstore"
)

func badKeys(t *testing.T, s objectstore.Store) {
	bad := []string{
		"", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../x", "a/../b", "a/./b", "a/..",
		`a\b`, "a\x00b", "a\nb", "\x7f", "\xff", ".tmp/x", ".TMP", "\uffff",
		strings.Repeat("k", 256), strings.Repeat("k/", 500) + "k",
	}
	for _, key := range bad {
		if err := s.Put(t.Context(), key, strings.NewReader("x"), objectstore.Attributes{}); !errors.Is(err, objectstore.ErrKey) {
			t.Errorf("put %q: %v, want ErrKey", key, err)
		}
		if _, _, err := s.Get(t.Context(), key, objectstore.Range{}); !errors.Is(err, objectstore.ErrKey) {
			t.Errorf("get %q: %v, want ErrKey", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, objectstore.ErrKey) {
			t.Errorf("delete %q: %v, want ErrKey", key, err)
		}
	}
	for _, prefix := range []string{"/", "../", "a//", "../../etc", "/etc/", "a/../b"} {
		n := 0
		for _, err := range s.List(t.Context(), prefix) {
			if n++; !errors.Is(err, objectstore.ErrKey) {
				t.Errorf("list %q: %v, want ErrKey", prefix, err)
			}
		}
		if n != 1 {
			t.Errorf("list %q yields %d times, want one error", prefix, n)
		}
	}
	if found := keys(t, s, ""); len(found) > 0 {
		t.Errorf("there are %q", found)
	}
}

func unusualKeys(t *testing.T, s objectstore.Store) {
	unusual := []string{
		"a b", "a+b", "a%2Fb", "a%b", "a&b=c?d#e", "<x>'\"", "~user", "...", ".hidden", "a..b", "-rf",
		"Ünïcödé/日本語.m4s", "e\u0301", "😀", "$(x)", "a:b", "a*", "a@b!,;()[]{}|^`", strings.Repeat("k", 255),
	}
	for _, key := range unusual {
		put(t, s, key, key)
	}
	for _, key := range unusual {
		if got, _ := get(t, s, key, objectstore.Range{}); got != key {
			t.Errorf("%q holds %q", key, got)
		}
	}
	found := keys(t, s, "")
	if len(found) != len(unusual) {
		t.Errorf("%d are listed, %d were put: %q", len(found), len(unusual), found)
	}
	if err := s.Delete(t.Context(), unusual...); err != nil {
		t.Error(err)
	}
	if left := keys(t, s, ""); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// attributes are not part of the Store interface; both stores tell them to tests.
func attributes(t *testing.T, s objectstore.Store) {
	teller := s.(interface {
		Attributes(context.Context, string) (objectstore.Attributes, error)
	})
	want := objectstore.Attributes{ContentType: "video/mp4", CacheControl: "public, max-age=31536000, immutable"}
	if err := s.Put(t.Context(), "key", strings.NewReader("x"), want); err != nil {
		t.Fatal(err)
	}
	if got, err := teller.Attributes(t.Context(), "key"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := teller.Attributes(t.Context(), "none"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("those of nothing: %v", err)
	}
}

// concurrent puts one key from many sides; readers never see a mixture.
func concurrent(t *testing.T, s objectstore.Store) {
	bodies := make([][]byte, 4)
	for i := range bodies {
		bodies[i] = bytes.Repeat([]byte{'a' + byte(i)}, 100_000+i)
	}
	put(t, s, "live/key", string(bodies[0]))
	var wg sync.WaitGroup
	for i := range bodies {
		wg.Go(func() {
			for range 5 {
				if err := s.Put(t.Context(), "live/key", bytes.NewReader(bodies[i]), objectstore.Attributes{}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				getWhole(t, s, "live/key")
			}
		})
	}
	wg.Wait()
}

func getWhole(t *testing.T, s objectstore.Store, key string) {
	body, info, err := s.Get(t.Context(), key, objectstore.Range{})
	if err != nil {
		t.Error(err)
		return
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	switch {
	case err != nil:
		t.Error(err)
	case int64(len(b)) != info.Size || len(b) == 0:
		t.Errorf("%d bytes of %d", len(b), info.Size)
	case len(bytes.Trim(b, string(b[:1]))) > 0 || len(b) != 100_000+int(b[0]-'a'):
		t.Error("a reader saw a mixture of two puts")
	}
}

// putsAndDeletes puts and deletes beside one another. One key stays: servers that
// keep files lose puts into directories that they are removing.
func putsAndDeletes(t *testing.T, s objectstore.Store) {
	put(t, s, "live/show/stays", "x")
	var wg sync.WaitGroup
	for i := range 4 {
		key := "live/show/" + strconv.Itoa(i)
		wg.Go(func() {
			for range 25 {
				if err := s.Put(t.Context(), key, strings.NewReader("x"), objectstore.Attributes{}); err != nil {
					t.Error(err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if left := keys(t, s, ""); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

func endedContext(t *testing.T, s objectstore.Store) {
	put(t, s, "key", "old")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, getErr := s.Get(ctx, "key", objectstore.Range{})
	for what, err := range map[string]error{
		"put":    s.Put(ctx, "key", strings.NewReader("new"), objectstore.Attributes{}),
		"get":    getErr,
		"delete": s.Delete(ctx, "key"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", what, err)
		}
	}
	n := 0
	for _, err := range s.List(ctx, "") {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v, want context.Canceled", err)
		}
	}
	if n != 1 {
		t.Errorf("list yields %d times, want one error", n)
	}
	if got, _ := get(t, s, "key", objectstore.Range{}); got != "old" {
		t.Errorf("it is %q now", got)
	}
}
