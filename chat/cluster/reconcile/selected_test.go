package reconcile

import (
	"math"
	"testing"

	"github.com/centrifugal/centrifuge"
)

// No stream ever had a position after its end. centrifuge's broker in memory finds nothing
// before one, its broker with Redis and a room find all.
func TestSelectedBeforeAfterTheEnd(t *testing.T) {
	for _, offset := range []uint64{10, math.MaxUint64} {
		f := centrifuge.HistoryFilter{Limit: -1, Since: &centrifuge.StreamPosition{Offset: offset}, Reverse: true}
		if from, to := Selected(f, 4, 9); from != 4 || to != 9 {
			t.Errorf("before %d: %d to %d", offset, from, to)
		}
	}
}
