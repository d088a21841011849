package recording

import (
	"fmt"
	"testing"
)

// Recordings that are ready to be watched are bounded in number and in segments; the
// first ones go, and one is always kept.
func TestViewsAreBounded(t *testing.T) {
	key := func(i int) viewKey { return viewKey{stream: "show", recording: fmt.Sprint(i)} }
	many := newViewCache()
	for i := range maxViews + 5 {
		many.put(key(i), view{segments: 1})
	}
	if many.ready.Contains(key(4)) || many.ready.Len() != maxViews || many.total != maxViews {
		t.Errorf("%d views of %d segments", many.ready.Len(), many.total)
	}
	if !many.ready.Contains(key(5)) {
		t.Error("more went than had to")
	}
	many.forget("7")
	many.put(key(8), view{segments: 3}) // loaded by two at once
	if many.ready.Len() != maxViews-1 || many.total != maxViews+1 {
		t.Errorf("%d views of %d segments", many.ready.Len(), many.total)
	}
	large := newViewCache()
	for i, segments := range []int{maxSegments / 2, maxSegments / 2, 1, 2 * maxSegments} {
		large.put(key(i), view{segments: segments})
		if want := []int{1, 2, 2, 1}[i]; large.ready.Len() != want {
			t.Errorf("%d views after the one of %d segments, want %d", large.ready.Len(), segments, want)
		}
	}
	if large.total != 2*maxSegments {
		t.Errorf("%d segments", large.total)
	}
}
