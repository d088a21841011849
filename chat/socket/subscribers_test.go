package socket

import (
	"fmt"
	"slices"
	"testing"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
)

// TestHeldAndPending is a client who subscribes while publications wait for those who
// are in: what was held back for them is not delivered with theirs again, nor what the
// history had.
func TestHeldAndPending(t *testing.T) {
	for _, offsets := range []bool{true, false} {
		t.Run(fmt.Sprint("offsets ", offsets), func(t *testing.T) {
			here, there := pair(t)
			a := newSubscribers(NewFanout(), "room")
			m := &member{client: new(centrifuge.Client), transport: &transport{outbox: newOutbox(here, 1<<20, func(f func()) { go f() }), encoding: jsonEncoding}}
			a.busy = true // deliver waits for more
			publish := func(n uint64) {
				p, at := &centrifuge.Publication{Data: fmt.Appendf(nil, `"%d"`, n)}, centrifuge.StreamPosition{}
				if offsets {
					p.Offset, at.Offset, at.Epoch = n, n, "e"
				}
				a.mu.Lock()
				defer a.mu.Unlock()
				a.publish(p, at)
			}
			told, want := answer{}, []string{"2", "3", "4"}
			a.members[new(centrifuge.Client)] = nil // the others
			if offsets {
				publish(1)
				told = answer{true, 2, "e"}
				want = []string{"3", "4"}
			}
			a.mu.Lock()
			a.add(m)
			a.mu.Unlock()
			publish(2)
			publish(3)
			a.begin(m, told)
			publish(4)
			a.deliver()
			_ = here.Close()
			var got []string
			p := &peer{T: t, conn: there}
			for {
				f, err := ws.ReadFrame(there)
				if err != nil {
					break
				}
				got = append(got, p.data(string(f.Payload))...)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestWhereHistoryEnds is the answer to somebody who recovers: its offset is where they
// was, and not where the publications in it end.
func TestWhereHistoryEnds(t *testing.T) {
	var a answer
	a.read([]byte(`{"id":2,"subscribe":{"recoverable":true,"epoch":"e","recovered":true,"offset":7,"publications":[{"data":"8","offset":8},{"data":"9","offset":9}]}}`), jsonEncoding)
	if want := (answer{true, 9, "e"}); a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
}
