package objectstore

import (
	"errors"
	"strings"
	"testing"
)

func TestCacheRange(t *testing.T) {
	empty, full := NewMemory(), NewMemory()
	if err := full.Put(t.Context(), "a/b", strings.NewReader("0123456789"), Attributes{}); err != nil {
		t.Fatal(err)
	}
	c, err := NewCache(t.TempDir(), 1<<20, empty, full)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := c.Range(t.Context(), "a/b", 3, 4); err != nil || string(b) != "3456" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := c.Range(t.Context(), "a/c", 0, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := c.Range(t.Context(), "a/b", 8, 4); err == nil {
		t.Error("more than there is")
	}
	if _, err := c.Range(t.Context(), "a/b", 0, MaxSmall+1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
