package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSpansCoverEverything in any order of coming, and stay few.
func TestSpansCoverEverything(t *testing.T) {
	for _, step := range []int64{1, 50_000, 61_000, 3_600_000} { // ms between entries
		var s spans
		r := rand.New(rand.NewPCG(1, uint64(step)))
		order := r.Perm(1500)
		for _, n := range order {
			s.add(fmt.Sprint("room ", n%3), int64(n)*step, int64(n)*step+8000)
		}
		if len(s.list) > maxSpans || !slices.IsSortedFunc(s.list, compareSpans) {
			t.Errorf("%d ms: %d spans", step, len(s.list))
		}
		for i := 1; i < len(s.list); i++ {
			if a, b := s.list[i-1], s.list[i]; a.Room == b.Room && b.SentFrom.Sub(a.SentTo) <= spanGap {
				t.Errorf("%d ms: %+v and %+v should be one", step, a, b)
			}
		}
		for _, n := range order {
			if !slices.ContainsFunc(s.list, func(span Span) bool {
				return span.Room == fmt.Sprint("room ", n%3) && span.SentFrom.UnixMilli() <= int64(n)*step+8000 &&
					span.SentTo.UnixMilli() >= int64(n)*step+8000 && span.AtFrom.UnixMilli() <= int64(n)*step && span.AtTo.UnixMilli() >= int64(n)*step
			}) {
				t.Fatalf("%d ms: entry %d is in no span", step, n)
			}
		}
	}
}
