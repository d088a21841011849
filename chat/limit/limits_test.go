package limit

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/ratelimit"
)

func TestLimits(t *testing.T) {
	l, now := NewLimits(Defaults()), time.Now()
	a := netip.MustParseAddr("192.0.2.7")
	take := func(who ratelimit.Who, n int) (taken int) {
		for range n {
			if _, ok := l.Messages.Take(now, who); ok {
				taken++
			}
		}
		return taken
	}
	if got := take(ratelimit.Who{User: "u", Connection: "c", Address: a, Room: "r"}, 50); got != 5 {
		t.Errorf("messages: %d, want 5", got)
	}
	total := 0
	for i := range 30 { // a carrier's address
		total += take(ratelimit.Who{User: fmt.Sprint(i), Connection: fmt.Sprint(i), Address: a, Room: "r"}, 2)
	}
	if total != 45 {
		t.Errorf("an address: %d more, want ten times the rate less 5", total)
	}
	disconnect := 0
	for i := range 60 {
		if l.Denied(now.Add(time.Duration(i)*time.Millisecond), "c") {
			disconnect = i
			break
		}
	}
	if disconnect != 30 {
		t.Errorf("closed after %d refusals, want 30", disconnect)
	}
	for i := range 100 { // one each 3 s is forgiven
		if l.Denied(now.Add(time.Duration(i)*3*time.Second), "patient") {
			t.Fatal("a connection that is refused now and then is closed")
		}
	}
}
