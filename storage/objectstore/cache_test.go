package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/storage/objectstore"
)

// source counts what is asked of a store, and may hold the answers back.
type source struct {
	objectstore.Store
	gets atomic.Int64
	hold chan struct{} // nil: answers at once
	err  error
}

func (s *source) Get(ctx context.Context, key string, r objectstore.Range) (io.ReadCloser, objectstore.Info, error) {
	s.gets.Add(1)
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return nil, objectstore.Info{}, ctx.Err()
		}
	}
	if s.err != nil {
		return nil, objectstore.Info{}, s.err
	}
	return s.Store.Get(ctx, key, r)
}

func newSource(t *testing.T, objects map[string]int) *source {
	t.Helper()
	m := objectstore.NewMemory()
	for key, size := range objects {
		body := bytes.NewReader(bytes.Repeat([]byte{key[0]}, size))
		if err := m.Put(t.Context(), key, body, objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	return &source{Store: m}
}

func newCache(t *testing.T, dir string, max int64, sources ...objectstore.Store) *objectstore.Cache {
	t.Helper()
	c, err := objectstore.NewCache(dir, max, sources...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// open reads an object, twice.
func open(t *testing.T, c *objectstore.Cache, key string, size int) {
	t.Helper()
	f, info, err := c.Open(t.Context(), key)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for range 2 {
		_, err := f.Seek(1, io.SeekStart)
		b, readErr := io.ReadAll(f)
		want := bytes.Repeat([]byte{key[0]}, size-1)
		if err := errors.Join(err, readErr); err != nil || !bytes.Equal(b, want) || info.Size != int64(size) || info.Key != key {
			t.Errorf("%s: %d bytes, %+v, %v", key, len(b), info, err)
		}
	}
}

func wantGets(t *testing.T, s *source, want int64) {
	t.Helper()
	if got := s.gets.Load(); got != want {
		t.Errorf("the source was asked %d times, want %d", got, want)
	}
}

func TestCacheAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, map[string]int{"a/1": 1000})
		s.hold = make(chan struct{})
		c := newCache(t, t.TempDir(), 1<<20, s)
		impatient, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { _, _, err := c.Open(impatient, "a/1"); left <- err }()
		synctest.Wait()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { open(t, c, "a/1", 1000) })
		}
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(s.hold)
		wg.Wait()
		open(t, c, "a/1", 1000)
		wantGets(t, s, 1)
	})
}

func TestCacheGivesUpWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, nil)
		s.hold = make(chan struct{})
		c := newCache(t, t.TempDir(), 1<<20, s)
		var wg sync.WaitGroup
		ask := func(ctx context.Context, from, to int) {
			for i := from; i < to; i++ {
				wg.Go(func() { _, _, _ = c.Open(ctx, fmt.Sprint("random/", i)) })
			}
			synctest.Wait()
		}
		ask(t.Context(), 0, 32)
		waiting, leave := context.WithCancel(t.Context())
		ask(waiting, 32, 100)
		wantGets(t, s, 32) // at once
		leave()
		synctest.Wait()
		close(s.hold)
		wg.Wait()
		wantGets(t, s, 32) // those who left are not asked for
	})
}

func TestCacheRemembersWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, nil)
		c := newCache(t, t.TempDir(), 1<<20, s)
		for range 10 {
			if _, _, err := c.Open(t.Context(), "none"); !errors.Is(err, objectstore.ErrNotFound) {
				t.Errorf("%v", err)
			}
			if _, _, err := c.Small(t.Context(), "none"); !errors.Is(err, objectstore.ErrNotFound) {
				t.Errorf("%v", err)
			}
		}
		wantGets(t, s, 1)
		time.Sleep(2 * time.Second)
		_, _, _ = c.Open(t.Context(), "none")
		wantGets(t, s, 2)
		if err := s.Put(t.Context(), "none", bytes.NewReader([]byte("nn")), objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
		c.Forget("none")
		open(t, c, "none", 2)
	})
}

func TestCacheHoldsSmallOnesForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, map[string]int{"p.m3u8": 10, "large": objectstore.MaxSmall + 1})
		c := newCache(t, t.TempDir(), 1<<20, s)
		for range 10 {
			if b, info, err := c.Small(t.Context(), "p.m3u8"); err != nil || len(b) != 10 || info.Modified.IsZero() {
				t.Errorf("%d bytes, %+v, %v", len(b), info, err)
			}
		}
		wantGets(t, s, 1)
		time.Sleep(time.Second)
		_, _, _ = c.Small(t.Context(), "p.m3u8")
		wantGets(t, s, 2)
		if _, _, err := c.Small(t.Context(), "large"); !errors.Is(err, objectstore.ErrTooLarge) {
			t.Errorf("%v", err)
		}
	})
}

func TestCacheEvictsWhatWasUsedLongestAgo(t *testing.T) {
	dir := t.TempDir()
	s := newSource(t, map[string]int{"a": 400, "b": 400, "c": 400, "d": 2000})
	c := newCache(t, dir, 1000, s)
	open(t, c, "a", 400)
	open(t, c, "b", 400)
	held, _, err := c.Open(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	open(t, c, "a", 400)
	open(t, c, "c", 400) // takes the place of b
	wantGets(t, s, 3)
	if b, err := io.ReadAll(held); err != nil || len(b) != 400 {
		t.Errorf("an evicted file that is open: %d bytes, %v", len(b), err)
	}
	held.Close()
	open(t, c, "a", 400)
	wantGets(t, s, 3)
	open(t, c, "b", 400)
	wantGets(t, s, 4)
	open(t, c, "d", 2000) // more than all of the cache: from memory
	if n := testutil.CollectAndCount(c); n != 4 {
		t.Errorf("%d metrics", n)
	}
	if used := onDisk(t, dir); used > 1000 {
		t.Errorf("%d bytes are on disk", used)
	}
}

func onDisk(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			info, err := e.Info()
			n += info.Size()
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCacheOutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	s := newSource(t, map[string]int{"a": 400, "b": 300})
	c := newCache(t, dir, 1000, s)
	open(t, c, "a", 400)
	open(t, c, "b", 300)
	c.Close()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*-400"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	// A power cut leaves half a file, and half a fetch.
	if err := errors.Join(os.Truncate(files[0], 100), os.WriteFile(filepath.Join(dir, "new-1"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	c = newCache(t, dir, 1000, s)
	open(t, c, "b", 300)
	wantGets(t, s, 2)
	open(t, c, "a", 400)
	wantGets(t, s, 3)
	if used := onDisk(t, dir); used != 700 {
		t.Errorf("%d bytes are on disk", used)
	}
	c.Close()
	newCache(t, dir, 350, s)
	if used := onDisk(t, dir); used > 350 {
		t.Errorf("%d bytes are on disk of a smaller cache", used)
	}
}

func TestCacheServesWithoutItsDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	large := objectstore.MaxSmall + 10
	s := newSource(t, map[string]int{"a": 400, "large": large})
	c := newCache(t, dir, 1<<30, s)
	// A file where the directory should be: every write fails, as root too.
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	open(t, c, "a", 400)
	open(t, c, "a", 400)
	wantGets(t, s, 2) // the first was on its way to the disk
	open(t, c, "large", large)
}

func TestCacheAsksTheNextSource(t *testing.T) {
	failing := errors.New("failing")
	first, second := newSource(t, nil), newSource(t, map[string]int{"a": 10})
	first.err = failing
	c := newCache(t, t.TempDir(), 1<<20, first, second)
	open(t, c, "a", 10)
	// The first one may have it: that it is missing isn't known.
	if _, _, err := c.Open(t.Context(), "b"); !errors.Is(err, failing) || errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("%v", err)
	}
	first.err = nil
	if _, _, err := c.Open(t.Context(), "b"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, _, err := c.Open(t.Context(), "../b"); !errors.Is(err, objectstore.ErrKey) {
		t.Errorf("%v", err)
	}
}

// Many keys through a cache that is too small for them: all are right, the bound
// holds.
func TestCacheUnderPressure(t *testing.T) {
	objects := map[string]int{}
	for i := range 26 {
		objects[string(rune('a'+i))+"/key"] = 100 + i
	}
	dir := t.TempDir()
	c := newCache(t, dir, 700, newSource(t, objects))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				for key, size := range objects {
					open(t, c, key, size)
				}
			}
		})
	}
	wg.Wait()
	c.Close()
	if used := onDisk(t, dir); used > 700 {
		t.Errorf("%d bytes are on disk", used)
	}
}
