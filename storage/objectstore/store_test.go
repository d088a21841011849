package objectstore_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/objectstoretest"
)

func TestMemory(t *testing.T) {
	objectstoretest.Run(t, func(*testing.T) objectstore.Store { return objectstore.NewMemory() })
}

func TestDir(t *testing.T) {
	objectstoretest.Run(t, func(t *testing.T) objectstore.Store { return newDir(t, t.TempDir()) })
}

func newDir(t testing.TB, path string) *objectstore.Dir {
	t.Helper()
	d, err := objectstore.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestDirLeavesNothingBehind(t *testing.T) {
	path := t.TempDir()
	d := newDir(t, path)
	for _, key := range []string{"a/b/c/1", "a/b/2"} {
		if err := d.Put(t.Context(), key, strings.NewReader("x"), objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(d.Path(key)); err != nil || string(b) != "x" {
			t.Errorf("%s: %q, %v", d.Path(key), b, err)
		}
	}
	failing := errors.New("failing")
	if err := d.Put(t.Context(), "a/b/c/1", &failingBody{strings.NewReader("longer"), failing}, objectstore.Attributes{}); !errors.Is(err, failing) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(d.Path("a/b/c/1")); err != nil || string(b) != "x" {
		t.Errorf("a failed put changed the object: %q, %v", b, err)
	}
	if err := d.Delete(t.Context(), "a/b/c/1", "a/b/2"); err != nil {
		t.Fatal(err)
	}
	var left []string
	_ = filepath.WalkDir(path, func(p string, _ os.DirEntry, _ error) error {
		left = append(left, strings.TrimPrefix(p, path))
		return nil
	})
	if !slices.Equal(left, []string{"", "/.tmp"}) {
		t.Errorf("left: %q", left)
	}
}

// failingBody fails at its end.
type failingBody struct {
	*strings.Reader
	err error
}

func (b *failingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		err = b.err
	}
	return n, err
}

// WriteTo hides the Reader's.
func (b *failingBody) WriteTo(w io.Writer) (int64, error) {
	n, _ := b.Reader.WriteTo(w)
	return n, b.err
}

func TestDirRemovesOldTemporaryFiles(t *testing.T) {
	path := t.TempDir()
	temps := filepath.Join(path, ".tmp")
	old, young := filepath.Join(temps, "old"), filepath.Join(temps, "young")
	err := errors.Join(os.Mkdir(temps, 0o700), os.WriteFile(old, nil, 0o600), os.WriteFile(young, nil, 0o600))
	long := time.Now().Add(-2 * time.Hour)
	if err := errors.Join(err, os.Chtimes(old, long, long)); err != nil {
		t.Fatal(err)
	}
	newDir(t, path)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a crash left is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("what another process is writing: %v", err)
	}
}

func TestDirCannotBeLeft(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	d := newDir(t, path)
	if err := os.Symlink(outside, filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Get(t.Context(), "link/secret", objectstore.Range{}); err == nil {
		t.Error("a link leads out of the directory")
	}
	if err := d.Put(t.Context(), "link/new", strings.NewReader("x"), objectstore.Attributes{}); err == nil {
		t.Error("a link leads out of the directory")
	}
	if err := d.Delete(t.Context(), "link/secret"); err == nil {
		t.Error("a link leads out of the directory")
	}
	for info, err := range d.List(t.Context(), "") {
		t.Errorf("lists %v, %v", info, err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there are %v, %v", entries, err)
	}
	if d.Path("../x") != "" || d.Path("a/b") != filepath.Join(path, "a", "b") {
		t.Errorf("paths %q, %q", d.Path("../x"), d.Path("a/b"))
	}
}

// Files vanish while a listing is under way: it ends well, and in order.
func TestDirListsWhileFilesVanish(t *testing.T) {
	path := t.TempDir()
	d := newDir(t, path)
	const n = 3000
	for i := range n {
		dir := filepath.Join(path, strconv.Itoa(i%30))
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	for info, err := range d.List(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, info.Key)
		if len(found) == 50 {
			for i := range 30 {
				if err := os.RemoveAll(filepath.Join(path, strconv.Itoa(i))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(found) < 50 || len(found) > n/30 || !slices.IsSorted(found) {
		t.Errorf("%d are listed", len(found))
	}
}

// Directories come and go below the feet of puts.
func TestDirPutsIntoVanishingDirectories(t *testing.T) {
	path := t.TempDir()
	for range 4 {
		objectstoretest.PutAndDelete(t, newDir(t, path))
	}
	if _, err := os.Stat(filepath.Join(path, "live")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty directory is left: %v", err)
	}
}

func FuzzKey(f *testing.F) {
	for _, seed := range []string{"a/b", "../x", "/", "a\x00", ".tmp/x", "日本/語", `a\..\b`, "a//b", "...", "~"} {
		f.Add(seed)
	}
	parent := f.TempDir()
	d, err := objectstore.NewDir(filepath.Join(parent, "store"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.Close() })
	f.Fuzz(func(t *testing.T, key string) {
		bad := objectstore.CheckKey(key) != nil
		err := d.Put(t.Context(), key, strings.NewReader(key), objectstore.Attributes{})
		if bad != errors.Is(err, objectstore.ErrKey) || (err != nil && !bad) {
			t.Fatalf("put %q: %v", key, err)
		}
		if !bad {
			if rel, err := filepath.Rel(filepath.Join(parent, "store"), d.Path(key)); err != nil || rel != key {
				t.Fatalf("%q is at %q, %v", key, rel, err)
			}
			if body, info, err := d.Get(t.Context(), key, objectstore.Range{}); err != nil || info.Size != int64(len(key)) {
				t.Fatalf("get %q: %v", key, err)
			} else {
				body.Close()
			}
			if err := d.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range d.List(t.Context(), key) {
			if err != nil && !errors.Is(err, objectstore.ErrKey) {
				t.Fatalf("list %q: %v", key, err)
			}
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
			t.Fatalf("%q left the directory: %v, %v", key, entries, err)
		}
	})
}
