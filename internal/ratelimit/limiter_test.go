package ratelimit

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"5/10s": {5, 10 * time.Second}, "off": {}, " 20 / m ": {20, time.Minute}, "1/s": {1, time.Second},
		"1000000/24h": {1_000_000, 24 * time.Hour}, "3/1m30s": {3, 90 * time.Second},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
		if again, err := ParseRate(got.String()); err != nil || again != got {
			t.Errorf("%q comes back as %v, %v", got, again, err)
		}
	}
	for text, hint := range map[string]string{
		"": "N/DURATION", "5": "N/DURATION", "on": "N/DURATION", "/10s": "before the slash", "0/10s": "before the slash", "-1/10s": "before the slash",
		"1000001/1s": "before the slash", "5/": "after the slash", "5/10": "after the slash", "5/0s": "after the slash", "5/25h": "after the slash", "5/-1s": "after the slash",
	} {
		if _, err := ParseRate(text); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: error %v, want a hint of %q", text, err, hint)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"5/10s", "off", "20/m", "1/1h30m", "9999999999999/1s", "1/-5s", "/", "1/2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRate(text)
		if err != nil {
			return
		}
		if again, err := ParseRate(r.String()); err != nil || again != r {
			t.Fatalf("%q: %v, then %v, %v", text, r, again, err)
		}
		l := New(Config{User: r})
		if _, ok := l.Take(time.Now(), Who{User: "u"}); !ok {
			t.Fatalf("%q: the first is refused", text)
		}
	})
}

// take counts how many of n are let through.
func take(l *Limiter, now time.Time, who Who, n int) int {
	passed := 0
	for range n {
		if _, ok := l.Take(now, who); ok {
			passed++
		}
	}
	return passed
}

func TestBucketRefills(t *testing.T) {
	l, now, u := New(Config{User: Rate{5, 10 * time.Second}}), time.Now(), Who{User: "mina"}
	if got := take(l, now, u, 20); got != 5 {
		t.Fatalf("%d at once; want the burst of 5", got)
	}
	retry, ok := l.Take(now, u)
	if ok || retry != 2*time.Second {
		t.Fatalf("retry %v, %v; want 2s", retry, ok)
	}
	if _, ok := l.Take(now.Add(retry-1), u); ok {
		t.Error("let through before the time that was told")
	}
	if _, ok := l.Take(now.Add(retry), u); !ok {
		t.Error("refused after the time that was told")
	}
	if got := take(l, now.Add(time.Hour), u, 20); got != 5 {
		t.Errorf("%d after an hour; want no more than the burst", got)
	}
	if got := take(l, now, Who{User: "jun"}, 20); got != 5 {
		t.Errorf("another user: %d; want their own 5", got)
	}
}

func TestDeniedSpendsNothing(t *testing.T) {
	l, now := New(Config{User: Rate{2, time.Minute}, Room: Rate{3, time.Minute}}), time.Now()
	if got := take(l, now, Who{User: "a", Room: "r"}, 10); got != 2 {
		t.Fatalf("user: %d, want 2", got)
	}
	if got := take(l, now, Who{User: "b", Room: "r"}, 10); got != 1 {
		t.Fatalf("room has %d left, want 1: the refused ones spent it", got)
	}
	if got := take(l, now, Who{User: "b", Room: "other"}, 10); got != 1 {
		t.Fatalf("b has %d left, want 1: the refused ones spent it", got)
	}
}

func TestKindsAreApart(t *testing.T) {
	r := Rate{1, time.Minute}
	l, now := New(Config{User: r, Connection: r, Address: r, Room: r}), time.Now()
	for _, w := range []Who{{User: "x"}, {Connection: "x"}, {Room: "x"}, {Address: netip.MustParseAddr("192.0.2.1")}} {
		if got := take(l, now, w, 3); got != 1 {
			t.Errorf("%+v: %d, want 1", w, got)
		}
	}
	if got := take(l, now, Who{}, 9); got != 9 {
		t.Errorf("nobody has no bucket; got %d", got)
	}
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		l, now := New(Config{Address: Rate{1, time.Minute}}), time.Now()
		l.Take(now, Who{Address: netip.MustParseAddr(tt.a)})
		if _, ok := l.Take(now, Who{Address: netip.MustParseAddr(tt.b)}); ok == tt.same {
			t.Errorf("%s and %s: same bucket %v, want %v", tt.a, tt.b, !ok, tt.same)
		}
	}
}

func TestTakeN(t *testing.T) {
	l, now, u := New(Config{User: Rate{10, 10 * time.Second}}), time.Now(), Who{User: "u"}
	if _, ok := l.TakeN(now, u, 7); !ok {
		t.Fatal("7 of 10 refused")
	}
	if retry, ok := l.TakeN(now, u, 5); ok || retry != 2*time.Second {
		t.Fatalf("5 of 3: retry %v, %v; want 2s", retry, ok)
	}
	if _, ok := l.TakeN(now, u, 3); !ok {
		t.Fatal("3 of 3 refused")
	}
	if _, ok := l.TakeN(now.Add(10*time.Second), u, 1000); !ok {
		t.Error("more than fit are refused for ever")
	}
	if _, ok := l.TakeN(now, u, 0); !ok {
		t.Error("nothing is refused")
	}
}

func TestGive(t *testing.T) {
	l, now, u := New(Config{User: Rate{3, 3 * time.Second}}), time.Now(), Who{User: "u"}
	l.Give(now, u)
	if got := take(l, now, u, 9); got != 3 {
		t.Fatalf("%d from a bucket that was full, want 3", got)
	}
	l.Give(now, u)
	if got := take(l, now, u, 9); got != 1 {
		t.Errorf("%d after one was given back, want 1", got)
	}
	for range 5 {
		l.Give(now, u)
	}
	if l.Len() != 0 {
		t.Error("a full bucket is kept")
	}
	if got := take(l, now, u, 9); got != 3 {
		t.Errorf("%d after more were given back than it holds, want 3", got)
	}
}

func TestClockGoesBack(t *testing.T) {
	l, now, u := New(Config{User: Rate{2, 2 * time.Second}}), time.Now(), Who{User: "u"}
	take(l, now, u, 2)
	retry, ok := l.Take(now.Add(-time.Hour), u)
	if ok || retry > time.Hour+2*time.Second {
		t.Errorf("%v, %v", retry, ok)
	}
	if got := take(l, now.Add(-time.Hour), Who{User: "new"}, 5); got != 2 {
		t.Errorf("a new bucket holds %d, want 2", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const most = 64 * 100
	l, now := New(Config{User: Rate{5, 10 * time.Second}, Max: most}), time.Now()
	flooder := Who{User: "flooder"}
	take(l, now, flooder, 10)
	for i := range 10 * most {
		l.Take(now.Add(time.Duration(i)), Who{User: fmt.Sprint(i)})
		if i%1000 == 0 && l.Len() > most {
			t.Fatalf("%d buckets, want at most %d", l.Len(), most)
		}
	}
	if _, ok := l.Take(now, flooder); ok {
		t.Error("an empty bucket was forgotten for fresh ones")
	}
	l.Sweep(now.Add(time.Minute))
	if l.Len() != 0 {
		t.Errorf("%d idle buckets left", l.Len())
	}
}

func TestIdleOnesGoByThemselves(t *testing.T) {
	l, now := New(Config{User: Rate{5, 10 * time.Second}}), time.Now()
	for i := range 20_000 {
		l.Take(now, Who{User: fmt.Sprint("old", i)})
	}
	for i := range 2_000 { // some in every shard
		l.Take(now.Add(2*time.Minute), Who{User: fmt.Sprint("new", i)})
	}
	if n := l.Len(); n != 2_000 {
		t.Errorf("%d buckets, want the 2,000 in use", n)
	}
}

func TestConcurrentTakersShareABurst(t *testing.T) {
	l, now := New(Config{User: Rate{100, time.Hour}, Connection: Rate{1000, time.Hour}, Room: Rate{150, time.Hour}}), time.Now()
	var passed atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			who := Who{User: fmt.Sprint("u", i%2), Connection: fmt.Sprint("c", i), Room: "r"}
			passed.Add(int64(take(l, now, who, 500)))
		})
	}
	wg.Wait()
	if passed.Load() != 150 {
		t.Errorf("%d passed, want the room's 150", passed.Load())
	}
}

func TestTakeDoesNotAllocate(t *testing.T) {
	r := Rate{1000, time.Second}
	l, now := New(Config{User: r, Connection: r, Address: r, Room: r}), time.Now()
	who := Who{User: "mina", Connection: "c1", Address: netip.MustParseAddr("2001:db8::1"), Room: "show"}
	l.Take(now, who)
	if n := testing.AllocsPerRun(100, func() { l.Take(now, who) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
