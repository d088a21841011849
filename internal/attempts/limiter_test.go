package attempts

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// try makes an attempt as a handler does, and tells whether the secret was looked at.
func try(t *testing.T, a *Limiter, from, secret string, right bool) bool {
	t.Helper()
	end, err := a.Begin(APIToken, netip.MustParseAddr(from), secret)
	if slow := (*SlowDown)(nil); errors.As(err, &slow) && slow.Retry > 0 {
		return false
	} else if err != nil {
		t.Fatal(err)
	}
	end(right)
	return true
}

// guess tries wrong secrets until one is not looked at.
func guess(t *testing.T, a *Limiter, from string) (n int) {
	t.Helper()
	for try(t, a, from, fmt.Sprint("guess", n), false) {
		if n++; n > 1000 {
			t.Fatal("nobody is slowed down")
		}
	}
	return n
}

func TestGuessesAreSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(nil)
		if !try(t, a, "203.0.113.1", "old", true) {
			t.Fatal("the first is refused")
		}
		if n := guess(t, a, "203.0.113.1"); n != attemptRate.Burst {
			t.Errorf("%d guesses at once, want %d", n, attemptRate.Burst)
		}
		for _, tt := range []struct {
			name, from, secret string
			right, looked      bool
		}{
			{"a neighbour's key that has been right here", "203.0.113.1", "old", true, true},
			{"another key", "203.0.113.1", "new", true, false},
			{"that key from elsewhere", "203.0.113.2", "new", true, true},
			{"mapped address", "::ffff:203.0.113.1", "new", true, false},
		} {
			if got := try(t, a, tt.from, tt.secret, tt.right); got != tt.looked {
				t.Errorf("%s: looked at: %v, want %v", tt.name, got, tt.looked)
			}
		}
		time.Sleep(attemptRate.Per / time.Duration(attemptRate.Burst))
		if !try(t, a, "203.0.113.1", "new", true) {
			t.Error("a new key is not looked at when a guess is free again")
		}
		if n := guess(t, a, "203.0.113.1"); n != 1 {
			t.Errorf("%d guesses after that, want 1: what is right costs nothing", n)
		}
		if !try(t, a, "203.0.113.1", "old", false) || try(t, a, "203.0.113.1", "old", false) {
			t.Error("a key that is void goes on being looked at")
		}
		time.Sleep(knownFor)
		guess(t, a, "203.0.113.1")
		if try(t, a, "203.0.113.1", "new", true) {
			t.Error("a key is remembered for ever")
		}
	})
}

func TestAttemptsByNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(netip.MustParsePrefix("10.0.0.0/8").Contains)
		guess(t, a, "2001:db8:1:2::1")
		if try(t, a, "2001:db8:1:2:ffff::9", "x", true) {
			t.Error("one customer has a limit for each address of a /64")
		}
		if !try(t, a, "2001:db8:1:3::1", "x", true) {
			t.Error("the next network is refused")
		}
		for i := range 200 {
			if !try(t, a, "10.0.0.7", fmt.Sprint("guess", i), false) {
				t.Fatal("a trusted proxy's many clients share a limit")
			}
		}
		wrong := testutil.ToFloat64(a.failed.WithLabelValues("api", "token", reasonWrongSecret))
		slowed := testutil.ToFloat64(a.failed.WithLabelValues("api", "token", reasonSlowed))
		if wrong != float64(attemptRate.Burst+200) || slowed != 2 {
			t.Errorf("counted %v wrong, %v slowed", wrong, slowed)
		}
	})
}

// Guesses at the same time don't get past the limit, and what is remembered is bounded.
func TestAttemptsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(nil)
		var looked atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 100 {
					if end, err := a.Begin(RTMPKey, netip.MustParseAddr("203.0.113.1"), fmt.Sprint(i)); err == nil {
						looked.Add(1)
						end(false)
					}
				}
			})
		}
		wg.Wait()
		if n := looked.Load(); n != int64(attemptRate.Burst) {
			t.Errorf("%d guesses were looked at, want %d", n, attemptRate.Burst)
		}
		for i := range maxKnown + 10 {
			try(t, a, "203.0.113.9", fmt.Sprint("right", i), true)
		}
		if a.known.Len() != maxKnown {
			t.Errorf("%d secrets are remembered, want %d", a.known.Len(), maxKnown)
		}
	})
}
