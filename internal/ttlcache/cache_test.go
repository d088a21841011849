package ttlcache_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/ttlcache"
)

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ttlcache.New[string, int](2, time.Minute)
		has := func(key string, want int, there bool) {
			t.Helper()
			if got, ok := c.Get(key); got != want || ok != there {
				t.Errorf("%s: %d, %v; want %d, %v", key, got, ok, want, there)
			}
		}
		has("a", 0, false)
		c.Put("a", 1)
		time.Sleep(time.Minute - time.Nanosecond)
		has("a", 1, true)
		time.Sleep(time.Nanosecond)
		has("a", 0, false) // too old
		c.Put("a", 2)
		c.Put("b", 3)
		has("a", 2, true)
		c.Put("c", 4) // in place of what was used longest ago
		has("a", 2, true)
		has("b", 0, false)
		has("c", 4, true)
		c.Remove("c")
		has("c", 0, false)
		if c.Len() != 1 {
			t.Errorf("%d values, want 1", c.Len())
		}
	})
}
